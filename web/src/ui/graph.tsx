/** One value over time, with its limit. The numbers beside it say the same in words. */
export function Graph(props: {
  label: string;
  points: readonly { at: number; value: number }[];
  limit?: number | undefined;
  format: (value: number) => string;
  /** How many milliseconds the width stands for. */
  span: number;
  now: number;
}) {
  const { points, limit, format, span, now } = props;
  const width = 600;
  const height = 160;
  const peak = Math.max(0, ...points.map((point) => point.value));
  // The limit is drawn when the line comes near it; otherwise the line would be flat.
  const top = limit !== undefined && peak > limit * 0.5 ? limit * 1.05 : peak * 1.25 || 1;
  const x = (at: number) => width - ((now - at) / span) * width;
  const y = (value: number) => height - (value / top) * (height - 6) - 1;
  const path = points
    .map((point, index) => `${index ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`)
    .join("");
  const first = points[0];
  const last = points.at(-1);
  return (
    <figure>
      <div className="relative">
        <svg
          role="img"
          aria-label={`${props.label}: ${last ? `${format(last.value)} now, ${format(peak)} at most` : "not measured yet"}`}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          className="h-40 w-full"
        >
          {[0.25, 0.5, 0.75, 1].map((part) => (
            <line
              key={part}
              x1="0"
              x2={width}
              y1={height * part - 1}
              y2={height * part - 1}
              className="stroke-rule"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {first && last && points.length > 1 && (
            <>
              <path
                d={`${path}L${x(last.at)} ${height}L${x(first.at)} ${height}Z`}
                className="fill-accent-wash"
              />
              <path
                d={path}
                className="fill-none stroke-2 stroke-accent"
                vectorEffect="non-scaling-stroke"
                strokeLinejoin="round"
              />
            </>
          )}
          {first && points.length === 1 && (
            <line
              x1={width - 1}
              x2={width}
              y1={y(first.value)}
              y2={y(first.value)}
              className="stroke-[6] stroke-accent"
              strokeLinecap="round"
              vectorEffect="non-scaling-stroke"
            />
          )}
          {limit !== undefined && limit <= top && (
            <line
              x1="0"
              x2={width}
              y1={y(limit)}
              y2={y(limit)}
              className="stroke-bad"
              strokeDasharray="4 4"
              vectorEffect="non-scaling-stroke"
            />
          )}
        </svg>
        <span className="figures absolute top-0 left-0 bg-sheet/80 pr-1 text-soft text-xs">
          {format(top)}
        </span>
      </div>
      <figcaption className="mt-1 flex justify-between text-soft text-xs">
        <span>{Math.round(span / 60_000)} min ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}
