// How far another machine's clock is off, in the words of people: `10 min ahead`.

/** `ms`: the other clock minus this one. In the largest unit of which there are two or more. */
export function clockWords(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000)
  const [size, unit] =
    UNITS.find(([one]) => seconds >= 2 * one) ?? (UNITS[UNITS.length - 1] as (typeof UNITS)[number])
  return `${Math.round(seconds / size)} ${unit} ${ms < 0 ? 'behind' : 'ahead'}`
}

const UNITS = [
  [86_400, 'days'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const
