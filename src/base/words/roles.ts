// Names of roles: those of the role table, and how a name is refused that only looks like one of them.
import { printable } from '../printable.ts'
import { distance } from '../suggest.ts'
import { LABEL, LABEL_RULE } from './trust-levels.ts'

export const ROLES = ['individual', 'lead', 'security', 'admin'] as const
export type Role = (typeof ROLES)[number]

export const isRole = (name: string): name is Role => (ROLES as readonly string[]).includes(name)

/** The name of a role for the person who gives it; beside a name that Karo has no role for stands when it has an effect. */
export const toldRole = (name: string): string =>
  isRole(name) ? name : `${printable(name)} (Karo has no such role: it counts only in policies that name it)`

/** The roles that only issuers may give to which the root granted it, in their own certificate. */
const GRANTED: readonly string[] = ['security', 'admin'] satisfies Role[]

export const privileged = (roles: readonly string[]): readonly string[] =>
  roles.filter((role) => GRANTED.includes(role))

/** Whether an issuer with these grants may give all of these roles. */
export const areGranted = (roles: readonly string[], grants: readonly string[]): boolean =>
  privileged(roles).every((role) => grants.includes(role))

/**
 * Letters and digits of other scripts that look like the letter before them, out of the table of confusable characters of
 * Unicode's UTS 39, with capitals and small capitals; "i" and "1" count as "l". Full width and the like are no part of it,
 * because their compatibility form is the plain letter.
 */
const ALIKE: Readonly<Record<string, string>> = {
  a: 'ɑαаᎪᗅꓮ\u{16f40}\u{102a0}ᴀ',
  c: 'ᴄⲥсꮯ\u{1043d}\u{118f2}\u{118e9}ꓚ\u{102a2}\u{10302}\u{1051c}ȼҫ',
  d: 'ԁᏧᑯꓒᎠᗞᗪꓓɗɖƌđÐᴅ',
  e: 'ꬲеҽⴹᎬꓰ\u{118a6}\u{118ae}\u{10286}ɇҿᴇεєɛ',
  l: 'i1ıɪɩιіꙇӏꭵ\u{118c3}ɨᵻᵼ\u{661}\u{6f1}\u{10320}\u{1e8c7}ǀⲒ\u{5d5}\u{5df}\u{627}ߊⵏᛁꓲ\u{16f28}\u{1028a}\u{10309}ⳐᏞᒪꓡ\u{16f16}\u{118b2}\u{1041b}\u{10526}łɭƚɫ\u{673}ʟ',
  m: 'ΜϺⲘᎷᗰᛖꓟ\u{102b0}\u{10311}Ӎ\u{118e3}\u{11700}ɱᵯᴍм',
  n: 'ոռΝⲚꓠ\u{10513}ɳƞηƝᵰɴ',
  r: 'ꭇꭈᴦⲅгꮁᎡᏒ\u{104b4}ᖇꓣ\u{16f35}ɽɼɍғᵲʀ',
  s: 'ꜱƽѕꮪ\u{118c1}\u{10448}ՏᏕꓢ\u{16f3a}\u{10296}ʂᵴ',
  t: 'ⲦᎢꓔ\u{16f0a}\u{118bc}\u{10297}\u{102b1}\u{10315}ƭȾƮҬŧᵵᴛτт',
  u: 'ꞟᴜꭎꭒʋυս\u{104f6}\u{118d8}ሀᑌꓴ\u{16f42}ᵾꮜɄ',
  v: 'ᴠνѵ\u{5d8}\u{11706}ꮩ\u{118c0}\u{667}\u{6f7}ⴸᐯꛟꓦ\u{16f08}\u{1051d}',
  y: 'ɣᶌʏỿꭚγуүყ\u{118dc}ΥⲨᎩᎽꓬ\u{16f43}\u{118a4}\u{102b2}ƴɏұ',
}
const PLAIN = new Map(Object.entries(ALIKE).flatMap(([to, all]) => [...all].map((one) => [one, to])))
const plain = (text: string): string => [...text].map((one) => PLAIN.get(one) ?? one).join('')

/** How a name looks: without marks, case, width and script, and without separators at its ends. */
function look(name: string): string {
  const letters = plain(name).normalize('NFKD').replace(/\p{M}/gu, '')
  const small = plain(plain(letters).toLowerCase())
  return small.replaceAll('rn', 'm').replace(/^[._-]+|[._-]+$/g, '')
}

const LOOKS = new Map(ROLES.map((role) => [look(role), role]))

/** The role of the table that this name looks like without being it. Such a name gives nothing, wherever it comes from. */
export function roleItResembles(name: string): Role | undefined {
  return isRole(name) ? undefined : LOOKS.get(look(name))
}

/** Of roles that came from elsewhere, those that count. */
export const rolesThatCount = (roles: readonly string[]): readonly string[] =>
  roles.some((role) => roleItResembles(role)) ? roles.filter((role) => !roleItResembles(role)) : roles

/** What is wrong with a name that somebody gives as a role or team, in words that follow it; undefined if nothing is. */
export function labelProblem(what: string, name: string): string | undefined {
  if (!LABEL.test(name)) return `is no ${what}: it has ${LABEL_RULE}`
  if (what !== 'role' || isRole(name)) return undefined
  const meant =
    roleItResembles(name) ??
    ROLES.find((role) => distance(name, role) === 1 && [...name].every((letter) => role.includes(letter)))
  return meant && `only looks like the role ${meant}: write ${meant}, or choose another word`
}
