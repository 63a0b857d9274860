// Says how far another machine's clock is off: `10 min ahead`.

/** `ms` is the other clock minus this one. The text uses the largest unit of which there are at least two. */
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
