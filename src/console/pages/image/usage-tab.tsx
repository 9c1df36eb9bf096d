import { useImageDays } from "../../api/usage.ts";
import { useImage } from "../current-image.tsx";
import { UsageByDay, useShownDays } from "../usage/usage-by-day.tsx";

/** `/images/:organization/:image/usage`: what an image took up on each day, and how much was pulled. */
export default function UsageTab() {
  const usage = useImageDays(useImage(), useShownDays());
  return <UsageByDay usage={usage} hasPulls />;
}
