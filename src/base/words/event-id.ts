// The id of an event: its start and a tag in base 36; short, and sorted by time within a person.

/** 36^11 microseconds last until the year 6140; 36^7 is more than 2^32. */
const START_DIGITS = 11
const TAG_DIGITS = 7

export const EVENT_ID = new RegExp(`^[0-9a-z]{${START_DIGITS}}[0-9a-z]{${TAG_DIGITS}}$`)

export const idOfEvent = (startUs: number, tag: number): string =>
  startUs.toString(36).padStart(START_DIGITS, '0') + tag.toString(36).padStart(TAG_DIGITS, '0')

/** Start in microseconds since the epoch, and tag, of a text that matches `EVENT_ID`. */
export const readEventId = (id: string): { readonly start_us: number; readonly tag: number } => ({
  start_us: Number.parseInt(id.slice(0, START_DIGITS), 36),
  tag: Number.parseInt(id.slice(START_DIGITS), 36),
})

/** Undefined for a text that is not an id. */
export function parseEventId(id: string): { readonly start_us: number; readonly tag: number } | undefined {
  if (!EVENT_ID.test(id)) return undefined
  const { start_us, tag } = readEventId(id)
  return Number.isSafeInteger(start_us) && tag < 2 ** 32 ? { start_us, tag } : undefined
}
