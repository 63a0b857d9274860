// Formats numbers, times and foreign text for a person at a terminal.
export { printable } from './printable.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time given in ms, in its two largest units: `340 ms`, `2.4 s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–'
  if (ms < SECOND) return `${Math.round(ms)} ms`
  // 59.96 s would be shown as "60.0 s".
  if (ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)} s`
  const two = (large: number, small: number, largeName: string, smallName: string): string => {
    const units = Math.floor(Math.max(ms, large) / small)
    const per = large / small
    const rest = String(units % per).padStart(per > 24 ? 2 : 1, '0')
    return `${Math.floor(units / per)}${largeName} ${rest}${smallName}`
  }
  if (ms < HOUR) return two(MINUTE, SECOND, 'm', 's')
  if (ms < DAY) return two(HOUR, MINUTE, 'h', 'm')
  return two(DAY, HOUR, 'd', 'h')
}

/** How long ago something was, given its age in ms: `just now`, `40 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function ago(ms: number): string {
  if (!Number.isFinite(ms)) return 'never'
  if (ms < 5 * SECOND) return 'just now'
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h ago`
  return `${Math.floor(ms / DAY)} d ago`
}

/** A time as `2026-11-20 08:15:02` in the person's own time zone. */
export function localTime(timestamp: string): string {
  const at = new Date(timestamp)
  const two = (n: number): string => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** A number of bytes: `0 B`, `512 B`, `1.5 KiB`, `20 MiB`. */
export function bytes(n: number): string {
  let value = n
  let unit = 0
  // 1023.95 would be shown as "1024 KiB".
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 || value >= 9.95
    ? `${Math.round(value)} ${UNITS[unit]}`
    : `${value.toFixed(1)} ${UNITS[unit]}`
}

/**
 * A share of one: `3.3 %`, `12 %` from ten on, and `<0.1 %` for what is hardly any. The rest is cut and not rounded, so that what is said
 * to be the least stays so, and `100 %` is all.
 */
export function percent(share: number): string {
  // 0.29 times a thousand is a little less than 290.
  const tenths = Math.floor(share * 1_000 + 1e-6)
  if (tenths === 0 && share > 0) return '<0.1 %'
  return `${tenths > 0 && tenths < 100 ? (tenths / 10).toFixed(1) : Math.floor(tenths / 10)} %`
}

/** A fingerprint in groups of four, as people read it aloud: `0123 4567 89ab cdef`. */
export function formatFingerprint(fingerprint: string): string {
  return (fingerprint.match(/.{1,4}/g) ?? []).join(' ')
}
