// What a person let through, as Karo wrote it down last: a file that lets more through since was changed behind its back.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../base/clock.ts'
import { homeTrouble } from '../../base/disk-trouble.ts'
import { createFile, replaceFile } from '../../base/files.ts'
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

/** A home has one of these only after its note was made, except for homes of earlier builds. */
const OF_NODES = ['identity.key', 'db']

/**
 * What was sealed; undefined where nothing ever was. Where it cannot be believed, `none`: then everything counts as changed. So does
 * what the files of a node set, if its key is gone. Whoever may read the key can seal, too, and that is every program of the person: it
 * holds against files that are written, and not against code.
 */
export function sealedIn(home: string, now: Sealed): Sealed | 'none' | undefined {
  const kept = orElse(() => readFileSync(keyOf(home)), undefined)
  if (kept === undefined)
    return JSON.stringify(now) !== UNCHANGED && OF_NODES.some((name) => existsSync(join(home, name)))
      ? 'none'
      : undefined
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

/** Where a note belongs: in the home of a node, and where one was made. */
export const hasNote = (home: string): boolean =>
  ['guard.key', ...OF_NODES].some((name) => existsSync(join(home, name)))

/** Throws as `homeTrouble` says. */
export function seal(home: string, now: Sealed, random: Random): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const made = Buffer.from(random.bytes(KEY_BYTES))
    // Nothing happens where there is one.
    createFile(keyOf(home), Buffer.concat([made, Buffer.from(macOf(made, UNCHANGED))]), 0o600, random)
    const key = readFileSync(keyOf(home)).subarray(0, KEY_BYTES)
    const text = JSON.stringify(now)
    const note = `${macOf(key, text)}\n${text}\n`
    // Two processes that replace one file at the same time hinder each other. Where both make a node they write the same note, so
    // the second one need not replace it.
    if (!createFile(sealOf(home), note, 0o600, random) && readFileSync(sealOf(home), 'utf8') !== note)
      replaceFile(sealOf(home), note, 0o600, random)
  } catch (error) {
    throw homeTrouble(home, error)
  }
}
