// Groups of words that a request and a wording are compared by, each as its concepts.
import { concept } from './language.ts'

export const asConcepts = (words: string): ReadonlySet<string> => new Set(words.split(' ').map(concept))

export const SHOW = concept('show')
export const THINGS = asConcepts(
  'commit branch tag stash container pod deployment namespace package service port archive',
)
/** What is deleted and stands beside another such thing in a request. */
export const ALSO: ReadonlySet<string> = new Set([...THINGS, ...asConcepts('image volume network')])
/** Words that only say which tool it is about. */
export const CONTEXTS = asConcepts('git repository docker kubernetes compose local text file line')
/** Verbs that change the machine. */
export const CHANGES = asConcepts('install uninstall delete kill stop restart reboot format')
/** Verbs that are not obeyed by showing something. */
export const HALF_DONE = asConcepts('delete kill format overwrite')
/** Words that what destroys need not be about, because they name nothing. */
export const SOFT = asConcepts(
  'every file dir git repository docker compose local force now recursive only inside program process delete name not text line thing please safe computer package branch tree',
)
/** What is done: two requests with different verbs are different requests. */
export const VERBS = asConcepts(
  'delete copy move rename create replace count compress extract kill stop start restart install uninstall download upload sort compare mount unmount encode decode enable disable merge split sync convert squash rebase stash revert discard change open generate overwrite append insert verify follow kill run format',
)
