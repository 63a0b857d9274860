// Composes a command about files from the phrases of a request; a word that no phrase accounts for lowers the confidence.

import { isTooMuch } from './acts.ts'
import { add, addNames, said, several } from './find-add.ts'
import { isForOther, isNarrow } from './find-limits.ts'
import { AND, DONE, phrase, type State, stateOf, take } from './find-state.ts'
import { FILLERS, KINDS, OBJECTS, PHRASES, PLACES } from './find-words.ts'
import { changesFound, write } from './find-write.ts'
import type { Expression } from './needed.ts'
import type { Reading } from './read.ts'

export interface Composed {
  readonly command: string
  /** Words of the request that the command does not account for; with any of them the answer is only a guess. */
  readonly left: readonly string[]
  /** Names of the parts of the grammar that were used. */
  readonly ways: readonly string[]
}

/** Words that take something out of what was said. */
const LIMITS =
  /\b(?:except|but|excluding|other than|apart from|without|not|unless|besides|minus|keep(?:ing)?|ignoring|skipping|omitting|neither|lacking)\b|n't\b/i
/** A second exception in words of its own. */
const MORE_LEFT_OUT =
  /\b(?:except|excluding|but not|other than|apart from|besides)\b.* (?:and|or|nor) (?:those|ones|any|all|every|files)\b/
/** Verbs with which a request about files begins; a noun may begin it, too. */
const VERBS =
  /^(?:recursively )?(?:save|saves|write|writes|serach|find|finds|search|searches|look|locate|list|lists|show|shows|display|print|prints|get|output|report|return|count|counts|which|where|identify|delete|remove|removes|deletes|erase|purge|copy|copies|move|moves|change|changes|set|make|add|replace|update|modify|gzip|compress|archive|archives|pack|packs|tar|calculate|execute|run|grep|view|see|all|files?|directories|symlinks|how many|what|regular|empty|hidden|<[fg]\d+> files|\w+ files|force|give|long|case|sort|prune|unpack|uncompress|assign|recursively|find and) ?/

/** Verbs after which something has to be done with what is found. */
const ACTS =
  /^(?:recursively |find and |force )?(?:delete|remove|erase|purge|copy|copies|move|change|set|make|add|replace|update|modify|gzip|compress|archive|pack|tar|execute|run|prune|unpack|uncompress|assign)s? /

/** The command for a request about files that are found; undefined if it is no such request. */
export function composeFind(request: string, reading: Reading): Composed | undefined {
  const state = stateOf(request, reading)
  for (const [pattern, meaning] of PHRASES) {
    const expression = phrase(pattern)
    for (let again = 0; again < 3; again++) {
      const match = expression.exec(state.text)
      if (match === null || match[0].trim() === '' || !add(state, meaning, match)) break
      take(state, match)
      state.ways.push(meaning)
    }
  }
  if (state.asked !== undefined) return undefined
  kinds(state)
  for (const [pattern, place] of PLACES) takePlaces(state, phrase(pattern), place)
  objects(state)
  names(state)
  if (!VERBS.test(reading.text) || !isAbout(state)) return undefined
  // A thing that is left out has to be left out of the command, too.
  if (LIMITS.test(state.text)) return undefined
  // `larger than … or older than …` is not both.
  if (/\bor\b/.test(state.text)) return undefined
  // More than one thing is left out, or below is both meant and not: no list of tests says so.
  if (MORE_LEFT_OUT.test(reading.text)) return undefined
  if (
    state.depth.includes('-maxdepth 1') &&
    /\brecursively\b/.test(reading.text.replace(/\bnot recursively\b/, ''))
  )
    return undefined
  // The directory of a file is not a directory of that name.
  if (/\bdirectory(?: names?)? of (?:each|every|all|any|<)/.test(reading.text) && state.tests.length > 0)
    return undefined
  const changes = changesFound(state)
  // A request that begins with doing something is not answered with looking.
  if (state.todo.length === 0 && ACTS.test(reading.text)) return undefined
  // `remove it from X` names the place last, and a list of kinds is no single pattern.
  if ((changes && /\b(?:it|them) from\b/.test(reading.text)) || /\band hidden\b/.test(reading.text))
    return undefined
  // A text of a name is not one in the file.
  if (state.held !== undefined && /\bin (?:(?:their|its|the) )?(?:file)?names?\b/.test(reading.text))
    return undefined
  if (changes && isForOther(state)) return undefined
  // What changes everything, and what `all of it` is, is for a sentence of its own.
  if (changes && /\b(?:everything|anything)\b/i.test(request)) return undefined
  if (changes && state.tests.some((one) => /-name '\*[*.?]*'/.test(one))) return undefined
  // `delete all logs` does not say which.
  if (changes && /^\W*(?:\w+ )?(?:all )?(?:the )?\w+\W*$/.test(request)) return undefined
  // What changes files needs to be told which.
  if (changes && state.tests.length === 0 && state.places.length === 0) return undefined
  const stays = state.todo.every((one) => one.startsWith('cp '))
  if (changes && !stays && state.places.some((one) => isTooMuch(one) && !isNarrow(one, state)))
    return undefined
  const command = write(state)
  if (command === undefined) return undefined
  const left = state.text.split(/\s+/).filter((word) => word !== '' && word !== DONE && !FILLERS.test(word))
  return {
    command: state.sudo ? `sudo ${command}` : command,
    left: left.map((word) => said(state, word)),
    ways: waysOf(state),
  }
}

/** The parts of the grammar that were used: the verb, the phrases, the kind of file and the place. */
const waysOf = ({ ways, type, places, reading, depth }: State): readonly string[] => [
  `verb ${/^(?:recursively )?([a-z]+)/.exec(reading.text)?.[1] ?? 'none'}`,
  `kind ${type ?? 'none'}`,
  `place ${places.length === 0 ? 'none' : places.length > 1 ? 'several' : /^[.~/]$/.test(places[0] as string) ? places[0] : 'named'}`,
  ...(ways.length === 0 && depth.length === 0 ? ['alone'] : []),
  ...ways,
]

/** Whether the request says enough of files to be answered with a search. */
function isAbout({ type, tests, places, held, rank, reading, todo }: State): boolean {
  if (
    type === undefined &&
    (tests.length === 0 || !/^(?:recursively )?(?:find|search|locate|look|delete|remove)/.test(reading.text))
  )
    return false
  // `list files` is for ls.
  const isSearch =
    /^(?:recursively )?(?:find|search|locate|look)|recursive|tree\b|below|\bunder\b|sub ?director|entire|file system|regular file/.test(
      reading.text,
    )
  return (
    tests.length > 0 ||
    held !== undefined ||
    rank !== undefined ||
    todo.length > 0 ||
    (places.length > 0 && isSearch)
  )
}

function took(state: State, match: RegExpExecArray, way: string): void {
  take(state, match)
  state.ways.push(way)
}

/** Kinds of files by their word: `python files`, `pdf and txt documents`. */
function kinds(state: State): void {
  const word = `(?:${Object.keys(KINDS).join('|')})`
  const pattern = phrase(
    `(${word}(?:${AND}${word})*)(?: source)?(?: code)? (?=(?:regular )?files?|scripts?|documents?|images?|sources?|filenames?|extension)`,
  )
  const match = pattern.exec(state.text)
  if (
    match !== null &&
    addNames(
      state,
      '*.$1',
      (match[1] as string).split(new RegExp(AND)).map((one) => KINDS[one.trim()] ?? one),
      '-name',
    )
  )
    took(state, match, 'word of a kind')
  const plural = phrase('(pdf|mp3|mp4|jpg|png|gif|csv|json|zip|txt|log)s').exec(state.text)
  if (
    plural !== null &&
    state.type === undefined &&
    addNames(state, '*.$1', [plural[1] as string], '-name')
  ) {
    state.type = 'f'
    took(state, plural, 'word of a kind')
  }
  const ending = phrase(
    `(<[fq]\\d+>(?:${AND}<[fq]\\d+>)*) (?=(?:regular )?files?|scripts?|documents?|images?|sources?|archives?|ones)`,
  ).exec(state.text)
  if (ending === null) return
  const values = several(state, ending[1] as string)
  const isEnding = values.every((one) => one.startsWith('.'))
  // `"tif" images` are named by their kind, `"foo" files` by their name.
  const isKind =
    values.every((one) => /^[a-z]\w{1,3}$/i.test(one)) &&
    !/^(?:regular )?files?|^ones/.test(ending.input.slice(ending.index + ending[0].length))
  if ((isEnding || isKind) && addNames(state, isEnding ? '*$1' : '*.$1', values, '-name'))
    took(state, ending, 'ending before files')
}

/** Kinds of files that no test of their own finds. */
const ANY_KIND = /^(?:scripts?|documents?|images?|sources?|archives?|source code)$/
const NAMED = /^(?:! |\\\( )?-i?(?:name|path|regex) /

/** Which kind of entry is meant: the first that is named. */
function objects(state: State): void {
  let first: { match: RegExpExecArray; type: string } | undefined
  for (const [pattern, type] of OBJECTS) {
    const match = phrase(pattern).exec(state.text)
    if (match !== null && (first === undefined || match.index < first.match.index)) first = { match, type }
  }
  if (first === undefined) return
  state.type = first.type
  // Images, documents and the like have no test that finds them all; the word stays unless a name says which.
  if (!ANY_KIND.test(first.match[0]) || state.tests.some((one) => NAMED.test(one))) take(state, first.match)
  state.text = state.text.replace(first.type === 'd' ? /\bdirectories\b(?= )/ : /\bfiles?\b/g, ' ')
}

/** Things that stand alone: a pattern or a file's name is what is looked for, a path is where. */
function names(state: State): void {
  const bare = phrase('{VS}').exec(state.text.replace(/<p\d+>/g, (mark) => ' '.repeat(mark.length)))
  if (
    bare !== null &&
    /^<[gfqv]/.test(bare[1] ?? '') &&
    !state.tests.some((one) => /^(?:\\\( )?-i?name/.test(one))
  ) {
    const values = several(state, bare[1] as string)
    // Behind `by`, `for` or `to` stands neither a name nor a place.
    if (/\b(?:by|for|to|than|as) $/.test(state.text.slice(0, bare.index))) return
    // What stands behind `in` is where, not what.
    if (/\b(?:in|under|inside|within|below|from) $/.test(state.text.slice(0, bare.index))) {
      if (state.places.length > 0) return
      state.places.push(...values)
      took(state, bare, 'bare place')
      return
    }
    // A variable alone says nothing of names.
    if (
      !values.some((one) => one.includes('/')) &&
      !/<v/.test(bare[1] ?? '') &&
      addNames(state, '$1', values, '-name')
    )
      took(state, bare, 'bare name')
  }
  if (state.places.length > 0) return
  const place = phrase('{PS}').exec(state.text)
  if (place === null || !/^<p/.test(place[1] ?? '')) return
  state.places.push(...several(state, place[1] as string))
  took(state, place, 'bare place')
}

function takePlaces(state: State, expression: Expression, place: string): void {
  const match = expression.exec(state.text)
  if (match === null || match[0].trim() === '') return
  if (place !== '$1') {
    // `~` and the current directory next to a named place only say that the search goes below it.
    if (state.places.length === 0) state.places.push(place)
    take(state, match)
    return
  }
  if (
    state.places.length > 0 ||
    (/^<[fqg]/.test(match[1] ?? '') === true && !/director|tree|path/.test(match[0]))
  )
    return
  if (
    /^(?:each|every|all|any|its|same|current|that|this|those|these|my|our|their|which|parent|given|specified|other|another|following)$/.test(
      match[1] ?? '',
    )
  )
    return
  state.places.push(...several(state, match[1] as string))
  take(state, match)
}
