import { describe, it } from "vitest";
import { OF_FLOOR, speedRatio, speedsOf, targetOf } from "../bench/floor.ts";

const compared = { name: "docker-registry", speeds: [100, 200], wanted: 1.5 };

describe("a target of the bench", () => {
  it("stays what is wanted where the floor reaches it", ({ expect }) => {
    const missed = targetOf("row", { berth: [140, 280], floor: [150, 300] }, compared);
    expect(missed).toEqual({
      name: "row, of docker-registry",
      isMet: false,
      detail: "1.40, wanted at least 1.5",
    });
  });

  it("is a share of the floor where that is below what is wanted, and says so", ({ expect }) => {
    const speeds = { berth: [70, 140], floor: [100, 200] };
    const missed = targetOf("row", speeds, compared);
    expect(missed).toMatchObject({ name: "row, of the floor", isMet: false });
    expect(missed.detail).toContain(`0.70, wanted at least ${OF_FLOOR}`);
    expect(missed.detail).toContain("the floor is at 1.00 and 1.5 is wanted");
    expect(targetOf("row", { ...speeds, berth: [80, 160] }, compared).isMet).toBe(true);
  });

  it("is met by what is wanted, however fast the floor was", ({ expect }) => {
    expect(targetOf("row", { berth: [150, 300], floor: [100, 200] }, compared)).toMatchObject({
      name: "row, of docker-registry",
      isMet: true,
    });
  });

  it("compares the rounds, and takes the shorter of two times for the faster one", ({ expect }) => {
    expect(speedRatio([1, 30, 2], [1, 10, 4])).toBe(1);
    expect(speedRatio(speedsOf([2]), speedsOf([4]))).toBe(2);
  });
});
