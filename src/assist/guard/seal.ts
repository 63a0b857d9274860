// What a person let through, as Karo wrote it down last: a file that lets more through since was changed behind its back.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../base/clock.ts'
import { replaceFile } from '../../base/files.ts'
import { orElse } from '../../base/run/or-else.ts'
import { DEFAULTS, type Guard, type GuardRule, type Sealed, stricter } from './guard.ts'

/** 32 bytes, and behind them the code of `UNCHANGED`. */
const keyOf = (home: string): string => join(home, 'guard.key')
const KEY_BYTES = 32
/** What most people's files set, sealed: its code is made once, because loading the cryptography takes longer than all else of a judgement. */
const UNCHANGED = JSON.stringify(DEFAULTS.sets)
const sealOf = (home: string): string => join(home, 'guard.seal')

export function sealedBy(
  profile: Guard['profile'],
  onError: Guard['onError'],
  rules: readonly GuardRule[],
): Sealed {
  const texts = (isAllow: boolean): string[] =>
    rules.filter(({ whose, kind }) => whose === 'own' && (kind === 'allow') === isAllow).map(textOf)
  return { profile, onError, allows: texts(true), denies: texts(false) }
}

/** Without its place, which moves as others come and go. */
export const textOf = ({ where: _, ...rule }: GuardRule): string =>
  JSON.stringify(Object.entries(rule).sort())

/**
 * What was sealed; undefined where nothing ever was. Where it cannot be believed, `none`: then everything counts as changed.
 * Whoever may read the key can seal, too, and that is every program of the person: it holds against files that are written, and not against code.
 */
export function sealedIn(home: string): Sealed | 'none' | undefined {
  const kept = orElse(() => readFileSync(keyOf(home)), undefined)
  if (kept === undefined) return undefined
  return orElse(() => {
    const [mac = '', text = ''] = readFileSync(sealOf(home), 'utf8').split('\n')
    const isUnchanged = text === UNCHANGED && mac !== '' && kept.subarray(KEY_BYTES).toString() === mac
    return isUnchanged || mac === macOf(kept.subarray(0, KEY_BYTES), text)
      ? (JSON.parse(text) as Sealed)
      : 'none'
  }, 'none' as const)
}

/** In hex. */
const macOf = (key: Buffer, text: string): string =>
  process.getBuiltinModule('node:crypto').createHmac('sha256', key).update(text).digest('hex')

/** What lets more through than was sealed, in words; empty where nothing does. */
export function loosened(sealed: Sealed | 'none' | undefined, now: Sealed): readonly string[] {
  if (sealed === undefined) return []
  if (sealed === 'none') return ['what Karo noted of it is gone or was changed']
  const few = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`])
  return [
    ...(stricter(sealed.profile, now.profile) === now.profile ? [] : [`the profile was ${sealed.profile}`]),
    ...(sealed.onError === 'block' && now.onError === 'allow' ? ['guard.on_error was block'] : []),
    ...few(now.allows.filter((one) => !sealed.allows.includes(one)).length, 'exceptions are new'),
    ...few(sealed.denies.filter((one) => !now.denies.includes(one)).length, 'prohibitions are gone'),
  ]
}

/** `make`: also where nothing was sealed yet. */
export function seal(home: string, now: Sealed, random: Random, make = false): void {
  const known = orElse(() => readFileSync(keyOf(home)), undefined)
  if (known === undefined && !make) return
  const key = known?.subarray(0, KEY_BYTES) ?? Buffer.from(random.bytes(KEY_BYTES))
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const text = JSON.stringify(now)
  replaceFile(sealOf(home), `${macOf(key, text)}\n${text}\n`, 0o600, random)
  if (known === undefined)
    writeFileSync(keyOf(home), Buffer.concat([key, Buffer.from(macOf(key, UNCHANGED))]), {
      mode: 0o600,
      flag: 'wx',
    })
}
