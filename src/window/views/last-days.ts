// The time that a question is about: so many days until now, as `karo report --last` asks for them.
const DAY_MS = 86_400_000

export function lastDays(days: number) {
  const end = Date.now()
  return { start: new Date(end - days * DAY_MS).toISOString(), end: new Date(end).toISOString() }
}
