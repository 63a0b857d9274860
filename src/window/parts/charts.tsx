// Charts that are tables themselves: bars beside numbers, and a heat map of hours and weekdays. And numbers set large.
import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { Scroll } from './scroll.tsx'
import { number } from './words.tsx'

export interface Bar {
  readonly label: string
  readonly value: number | null
  /** Before the number, `≥ ` where it is the least of what is not known; nothing before one that is not known. */
  readonly least?: string
  /** Shown behind the number. */
  readonly note?: ComponentChildren
  readonly tone?: 'safe' | 'moderate' | 'high' | 'critical' | undefined
}

interface BarsProps {
  readonly caption: string
  /** Titles of the columns: what a row is, what its number counts, and what the note says. */
  readonly titles: readonly [string, string, string?]
  readonly bars: readonly Bar[]
}

export function Bars({ caption, titles: [what, counts, notes], bars }: BarsProps) {
  const most = Math.max(1, ...bars.map(({ value }) => value ?? 0))
  return (
    <table class="bars">
      <caption class="hidden">{caption}</caption>
      <thead class={notes === undefined ? 'hidden' : undefined}>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col" class="right">
            {counts}
          </th>
          {notes !== undefined && (
            <th scope="col" class="right">
              {notes}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {bars.map(({ label, value, least = '', note, tone }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="right">
              <span class="bar" aria-hidden="true">
                {(value ?? 0) > 0 && (
                  <span
                    class={tone === undefined ? 'fill' : `fill fill-${tone}`}
                    style={{ inlineSize: `${(100 * (value ?? 0)) / most}%` }}
                  />
                )}
              </span>
              {value === null ? '' : least}
              {number(value)}
            </td>
            {notes !== undefined && <td class="right quiet">{note}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
/** Shades of the heat map besides that of nothing. */
const SHADES = 5

/** Rows are weekdays from Monday, cells are hours. The number is in each cell, for everybody who cannot tell shades. */
export function Heat({ rows }: { readonly rows: readonly (readonly number[])[] }) {
  // Its 168 cells seldom change while commands come, and are then not made anew.
  return useMemo(() => heatOf(rows), [JSON.stringify(rows)])
}

function heatOf(rows: readonly (readonly number[])[]): JSX.Element {
  const most = Math.max(1, ...rows.flat())
  return (
    <Scroll class="scroll" label="Commands by weekday and hour">
      <table class="heat">
        <caption class="hidden">Commands by weekday and hour of the day</caption>
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th key={hour} scope="col">
                <span class={hour % 3 === 0 ? undefined : 'hidden'}>{hour}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((hours, day) => (
            <tr key={DAYS[day]}>
              <th scope="row">
                <abbr title={DAYS[day]}>{DAYS[day]?.slice(0, 2)}</abbr>
              </th>
              {hours.map((count, hour) => (
                <td
                  key={hour}
                  class={`shade-${count === 0 ? 0 : Math.ceil((SHADES * count) / most)}`}
                  title={`${DAYS[day]} ${hour}:00 to ${hour + 1}:00: ${number(count)}`}
                >
                  <span class="hidden">{count}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
  readonly tone?: 'good' | 'warn' | 'bad' | false
}

export const Figures = ({ figures }: { readonly figures: readonly FigureProps[] }) => (
  <dl class="figures">
    {figures.map(({ label, value, note, tone }) => (
      <div key={label} class={tone || undefined}>
        <dt>{label}</dt>
        <dd>{value}</dd>
        {note !== undefined && <dd class="quiet">{note}</dd>}
      </div>
    ))}
  </dl>
)
