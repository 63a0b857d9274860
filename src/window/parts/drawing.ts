// Draws numbers over time with uPlot, in the colours of the page, and anew when its size or the colours change.
import uPlot from 'uplot'

export interface Point {
  /** RFC 3339. */
  readonly start: string
  /** Null where nothing is known. */
  readonly value: number | null
}

/** How long each point is. */
export type Step = 'hour' | 'day' | 'week'

const HEIGHT = 160

interface Drawn {
  readonly counts: string
  readonly by: Step
  /** The days of the points are those of UTC. */
  readonly isUtc: boolean
  /** Told what stands below the pointer, empty while it is elsewhere. */
  readonly onRead: (text: string) => void
}

export interface Drawing {
  /** Gives the same chart other numbers, which takes a fraction of the time of a new one. */
  show(points: readonly Point[]): void
  end(): void
}

export function draw(target: HTMLElement, first: readonly Point[], drawn: Drawn): Drawing {
  let points = first
  let chart = make(target, points, drawn)
  const redraw = (): void => {
    chart.destroy()
    chart = make(target, points, drawn)
  }
  const sizes = new ResizeObserver(() => {
    if (target.clientWidth > 0 && target.clientWidth !== chart.width) {
      chart.setSize({ width: target.clientWidth, height: HEIGHT })
    }
  })
  sizes.observe(target)
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', redraw)
  return {
    show(newer) {
      points = newer
      chart.setData(columnsOf(points))
    },
    end() {
      sizes.disconnect()
      dark.removeEventListener('change', redraw)
      chart.destroy()
    },
  }
}

const columnsOf = (points: readonly Point[]): uPlot.AlignedData => [
  points.map(({ start }) => Date.parse(start) / 1_000),
  points.map(({ value }) => value),
]

function make(target: HTMLElement, points: readonly Point[], { counts, by, isUtc, onRead }: Drawn): uPlot {
  const style = getComputedStyle(target)
  // A canvas knows no variables of CSS, so each colour is read as an element has it.
  const colour = (name: string): string => {
    target.style.color = `var(${name})`
    return style.color
  }
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  }
  const step = SECONDS[by]
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.15 })
  return new uPlot(
    {
      width: Math.max(200, target.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
      hooks: {
        setCursor: [
          ({ cursor: { idx }, data: [times, values] }) =>
            onRead(
              idx == null
                ? ''
                : `${label(times[idx] ?? 0, by, isUtc)}: ${NUMBERS.format(values?.[idx] ?? 0)}`,
            ),
        ],
      },
      ...(isUtc && { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC') }),
      // Half a step more on each side, so that the first and the last bar are whole.
      scales: {
        x: { time: true, range: (_, least, most) => [least - step / 2, most + step / 2] },
        y: { range: (_, _least, most) => [0, Math.max(1, most * 1.1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          values: (_, splits) => splits.map((at) => label(at, by, isUtc)),
          // No finer than what a bar stands for, and with room for the words of a clock.
          incrs: APART.filter((one) => one >= Math.min(step, SECONDS.day)),
          space: 84,
        },
        {
          ...axis,
          size: 48,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000],
        },
      ],
      series: [
        {},
        {
          label: counts,
          // Bars are filled and have no outline, which would draw a line where the number is zero.
          width: 0,
          fill: colour('--accent'),
          ...(bars !== undefined && { paths: bars }),
          points: { show: false },
        },
      ],
    },
    columnsOf(points),
    target,
  )
}

const SECONDS: Readonly<Record<Step, number>> = { hour: 3_600, day: 86_400, week: 7 * 86_400 }
const DAYS_APART = [1, 2, 3, 5, 7, 10, 14, 30, 60, 90, 120, 180, 365] as const
/** Seconds from one label to the next. */
const APART = [
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * SECONDS.hour),
  ...DAYS_APART.map((days) => days * SECONDS.day),
]
const HOURS = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const NUMBERS = new Intl.NumberFormat()
const DAYS = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const UTC_DAYS = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })

const label = (seconds: number, by: Step, isUtc: boolean): string =>
  (by === 'hour' ? HOURS : isUtc ? UTC_DAYS : DAYS).format(new Date(seconds * 1_000))
