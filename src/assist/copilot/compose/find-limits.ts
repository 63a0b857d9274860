// What a search must not change: more than the words mean, or something else than files.
import type { State } from './find-state.ts'

/** What is taken away from files, or out of them, rather than the files. */
const FROM_FILES =
  /^(?:recursively |find and |force )*(?:delete|remove|erase|purge|prune|get rid of|wipe|clean up)s? (?:recursively )?((?:(?!\b(?:files?|(?:sub)?director(?:y|ies)|symlinks?|entries|everything|anything|items|objects)\b).)+?) (?:from|on|of|in|inside|within) (?:(?:all|each|every|any|of|these|those|my|other) )*(?:\S+ ){0,2}(?:files?|(?:sub)?directories|scripts?|documents?|symlinks)\b/
/** A bit of a mode that is taken away. */
const BIT_OF = /\b(?:bits?|set ?-?[ug]id|s[ug]id|sticky) (?:from|on|of)\b/
/** One thing that is named, which is not everything of that name below. */
const ONE_NAMED =
  /(?<!\b(?:every|each|any|all)(?:\s\w+)?\s)\b(?:file|(?:sub)?(?:directory|dir|folder)|symlink)\s(?:named|called|with (?:the )?name)\b/i
const ONE_IN_PLACE =
  /^(?:delete|remove|erase|purge|move|copy|gzip|compress)s? (?:file )?<[fq]\d+>(?: (?:file|directory|symlink))? (?:in|inside|from|under|within|below)\b/
const SEARCHES = /^(?:recursively )?(?:find|search|locate|look)/

/** Whether a request for a change is about something else than all files that the search finds, or more than is meant would go. */
export const isForOther = ({ reading: { text }, request, tests, todo }: State): boolean =>
  (todo.includes('delete') && (FROM_FILES.test(text) || BIT_OF.test(text))) ||
  (!SEARCHES.test(text) && (ONE_NAMED.test(request) || ONE_IN_PLACE.test(text))) ||
  // A file is not newer than itself, and is one of its own links.
  tests.some((one) => /^(?:! -newer|-samefile) /.test(one))

/** Commands that lose something of what they are run on. */
const LOSES =
  /^(?:delete|rm|rmdir|unlink|mv|cp|sed|gzip|gunzip|bzip2|xz|zip|tar|dd|shred|truncate|tee|perl|ln|kill)\b/

/**
 * Whether the tests say so well which files of such a place are meant that they may be changed: never in the root, in the
 * home directory by a name, in the current directory by any test that is not only an exception.
 */
export const isNarrow = (place: string, { tests, todo, type, reading }: State): boolean =>
  // Modes and owners of all files here are changed, and commands run on them, where the words say all that.
  (/^\.\/?$/.test(place) &&
    todo.every((one) =>
      /^(?:chmod|chown|chgrp) /.test(one) ? type === 'f' || type === 'd' : !LOSES.test(one),
    ) &&
    /\b(?:under|below|in|inside) current (?:working )?directory|\bcurrent directory tree/.test(
      reading.text,
    )) ||
  (!place.startsWith('/') &&
    tests.some((one) => (/^\.\/?$/.test(place) ? !one.startsWith('! ') : /^(?:\\\( )?-name /.test(one))))
