// A line or bars over time. The drawing is loaded when it is first needed, and its numbers are in a table below it.
import { useEffect, useRef, useState } from 'preact/hooks'
import { Table } from './table.tsx'
import type { Point, Step } from './types.ts'
import { number, Time } from './words.tsx'

interface TrendProps {
  readonly title: string
  /** What is counted, `commands`. */
  readonly counts: string
  readonly points: readonly Point[]
  readonly by: Step
  /** The points are days of UTC, as everything of the mesh; otherwise of the person's own time zone. */
  readonly isUtc?: boolean
}

export function Trend({ title, counts, points, by, isUtc = false }: TrendProps) {
  const place = useRef<HTMLDivElement>(null)
  const [isDrawn, setDrawn] = useState(true)
  useEffect(() => {
    const target = place.current
    if (target === null) return
    let chart: { end(): void } | undefined
    let isGone = false
    import('./drawing.ts').then(
      ({ draw }) => {
        if (!isGone) chart = draw(target, { points, counts, by, isUtc })
      },
      () => setDrawn(false),
    )
    return () => {
      isGone = true
      chart?.end()
    }
  }, [points, counts, by, isUtc])
  return (
    <figure class="trend">
      {isDrawn && <div class="drawing" ref={place} aria-hidden="true" />}
      <details open={!isDrawn}>
        <summary>{title} as a table</summary>
        <Table
          caption={title}
          rows={points}
          keyOf={({ start }) => start}
          columns={[
            {
              title: by === 'hour' ? 'Hour' : by === 'week' ? 'Week from' : isUtc ? 'Day (UTC)' : 'Day',
              cell: when,
            },
            { title: counts, right: true, cell: ({ value }) => number(value) },
          ]}
        />
      </details>
    </figure>
  )

  function when({ start }: Point) {
    return <Time at={start} as={by === 'hour' ? 'clock' : isUtc ? 'utc-day' : 'day'} />
  }
}
