// Groups of words for comparing a request with a wording, each word as its concept.
import { concept } from './language.ts'

export const asConcepts = (words: string): ReadonlySet<string> => new Set(words.split(' ').map(concept))

export const SHOW = concept('show')
export const THINGS = asConcepts(
  'commit branch tag stash container pod deployment namespace package service port archive',
)
/** Things that can be deleted and that a request may name beside another such thing. */
export const ALSO: ReadonlySet<string> = new Set([...THINGS, ...asConcepts('image volume network')])
/** Words that only say which tool the request is about. */
export const CONTEXTS = asConcepts('git repository docker kubernetes compose local text file line')
/** Verbs that change the machine. */
export const CHANGES = asConcepts('install uninstall delete kill stop restart reboot format')
/** Verbs to which showing something is no answer. */
export const HALF_DONE = asConcepts('delete kill format overwrite')
/** Words of a request that a recipe that destroys may ignore, because they name nothing. */
export const SOFT = asConcepts(
  'every file dir git repository docker compose local force now recursive only inside program process delete name not text line thing please safe computer package branch tree',
)
/** Verbs; requests with different verbs are different requests. */
export const VERBS = asConcepts(
  'delete copy move rename create replace count compress extract kill stop start restart install uninstall download upload sort compare mount unmount encode decode enable disable merge split sync convert squash rebase stash revert discard change open generate overwrite append insert verify follow kill run format',
)
