/** Numbers as drawings: bars over time, how far something has come, and how much of a limit is used. */
import { type PointerEvent, type RefCallback, useCallback, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { barSlots, placeLabels, textWidth, valueScale } from "./chart-scale.ts";
import styles from "./charts.module.css";
import { formatBytes, formatNumber, formatPercent, formatShortBytes } from "./format.ts";

export interface ChartPoint {
  label: string;
  /** Null: nobody knows, and there is no bar. */
  value: number | null;
}

export interface BarChartProps {
  /** What is counted. */
  label: string;
  /** From the oldest to the newest. */
  points: readonly ChartPoint[];
  /** What the values are; the scale of bytes goes by 1024. */
  unit?: "number" | "bytes";
}

/** Values over time as bars. Screen readers get a table. */
export function BarChart({ label, points, unit = "number" }: BarChartProps) {
  const { t } = useTranslation("kit");
  const format = unit === "bytes" ? formatBytes : formatNumber;
  const textOf = ({ value }: ChartPoint) => (value === null ? t("chartUnknown") : format(value));
  const [frame, width] = useWidth();
  const [pointed, setPointed] = useState<number>();
  const point = pointed === undefined ? undefined : points[pointed];
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.caption}>
        <span className={styles.chartLabel}>{label}</span>
        <span className={styles.pointed}>{point && `${point.label}: ${textOf(point)}`}</span>
      </figcaption>
      <div ref={frame} className={styles.frame} style={{ blockSize: HEIGHT }}>
        {width > 0 && <Bars points={points} unit={unit} width={width} pointed={pointed} onPoint={setPointed} />}
      </div>
      <div className="visually-hidden">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">{t("chartLabel")}</th>
              <th scope="col">{t("chartValue")}</th>
            </tr>
          </thead>
          <tbody>
            {points.map((each, index) => (
              <tr key={index}>
                <th scope="row">{each.label}</th>
                <td>{textOf(each)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

const HEIGHT = 176;
/** Room above the highest line, for half of its text. */
const TOP = 8;
/** Where the bars stand; the labels are below. */
const BASE = HEIGHT - 24;
/** Between the values and the bars, and between two labels. */
const GAP = 8;

interface BarsProps {
  points: readonly ChartPoint[];
  unit: "number" | "bytes";
  width: number;
  pointed: number | undefined;
  onPoint: (index: number | undefined) => void;
}

function Bars({ points, unit, width, pointed, onPoint }: BarsProps) {
  const scale = valueScale(Math.max(0, ...points.map(({ value }) => value ?? 0)), unit);
  const onAxis = unit === "bytes" ? formatShortBytes : formatNumber;
  const left = Math.max(...scale.ticks.map((tick) => textWidth(onAxis(tick)))) + GAP;
  const slots = barSlots(points.length, width - left);
  const [first, second] = slots;
  // Between two bars that touch, half a pixel of each would be a stripe.
  const touches = first !== undefined && second !== undefined && first.x + first.width >= second.x;
  const labels = placeLabels(
    slots.map((slot) => left + slot.x + slot.width / 2),
    points.map((point) => textWidth(point.label)),
    [0, width],
    GAP,
  );
  const y = (value: number) => TOP + (1 - value / scale.max) * (BASE - TOP);

  function handlePointer(event: PointerEvent<SVGSVGElement>) {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    const index = Math.floor((x / (width - left)) * points.length);
    onPoint(index >= 0 && index < points.length ? index : undefined);
  }

  return (
    <svg
      width={width}
      height={HEIGHT}
      aria-hidden="true"
      className={styles.svg}
      onPointerMove={handlePointer}
      onPointerDown={handlePointer}
      onPointerLeave={() => onPoint(undefined)}
    >
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line className={styles.chartLine} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
          <text className={styles.text} x={left - GAP} y={y(tick)} textAnchor="end" dominantBaseline="central">
            {onAxis(tick)}
          </text>
        </g>
      ))}
      {slots.map((slot, index) => {
        const top = y(points[index]?.value ?? 0);
        return (
          <rect
            key={index}
            className={pointed === undefined || pointed === index ? styles.bar : styles.barBehind}
            x={left + slot.x}
            width={slot.width}
            y={top}
            height={BASE - top}
            rx={Math.min(2, slot.width / 4)}
            shapeRendering={touches ? "crispEdges" : undefined}
          />
        );
      })}
      {labels.map(({ index, x }) => (
        <text key={index} className={styles.text} x={x} y={HEIGHT - 6} textAnchor="middle">
          {points[index]?.label}
        </text>
      ))}
    </svg>
  );
}

/** The ref of an element and its width in CSS pixels, kept up to date; 0 before the first measurement. */
function useWidth(): [RefCallback<HTMLElement>, number] {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: HTMLElement) => {
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

export interface ProgressProps {
  /** 0 to 1; undefined while nobody knows how long it will take. */
  value: number | undefined;
  label: string;
  /** Stands at the end of the line, in place of the percentage: "12 MB of 40 MB". */
  valueText?: string;
  isLabelHidden?: boolean;
}

/** How far something has come. */
export function Progress({ value, label, valueText, isLabelHidden = false }: ProgressProps) {
  const id = useId();
  const share = value === undefined ? undefined : clamp(value);
  const text = valueText ?? (share === undefined ? "" : formatPercent(share));
  return (
    <div className={styles.progress}>
      <div className={isLabelHidden ? "visually-hidden" : styles.progressLine}>
        <span id={id} className={styles.progressLabel}>
          {label}
        </span>
        <span className={styles.value}>{text}</span>
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
        aria-valuetext={text || undefined}
      >
        {share === undefined ? (
          <div className={styles.wandering} />
        ) : (
          <div className={styles.fill} style={{ inlineSize: `${share * 100}%` }} />
        )}
      </div>
    </div>
  );
}

export interface MeterProps {
  label: string;
  value: number;
  /** Null: there is no limit, and no bar. */
  max: number | null;
  /** Stands in place of the limit where there is none. */
  unlimited?: string;
  /** How the two numbers are written; plain numbers unless given. */
  format?: (value: number) => string;
}

/** From here on a meter warns. */
const NEARLY_FULL = 0.8;

/** How much of a limit is used; the colour changes near the end and at it. */
export function Meter({ label, value, max, unlimited = "∞", format = String }: MeterProps) {
  const id = useId();
  const share = max === null ? 0 : max > 0 ? clamp(value / max) : 1;
  const tone = share >= 1 ? styles.full : share >= NEARLY_FULL ? styles.nearlyFull : "";
  const text = `${format(value)} / ${max === null ? unlimited : format(max)}`;
  return (
    <div className={styles.progress}>
      <div className={styles.progressLine}>
        <span id={id} className={styles.progressLabel}>
          {label}
        </span>
        <span className={styles.value}>{text}</span>
      </div>
      {max !== null && (
        <div
          className={styles.track}
          role="meter"
          aria-labelledby={id}
          aria-valuemin={0}
          aria-valuemax={max}
          aria-valuenow={Math.min(value, max)}
          aria-valuetext={text}
        >
          <div className={`${styles.fill} ${tone}`} style={{ inlineSize: `${share * 100}%` }} />
        </div>
      )}
    </div>
  );
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
