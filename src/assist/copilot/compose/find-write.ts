// Writes the search that was read from a request as a command.
import type { State } from './find-state.ts'
import { asFiles, asWord } from './read.ts'

/** What is done with files and leaves them as they are. */
const LEAVES = /^(?:ls|md5sum|wc|du|cat|basename|head|file)\b/
/** Tests of a directory that hold for all that is in it, because they are about its own name or path. */
const ABOUT_NAME = /^(?:\\\( )?-i?(?:name|path|regex) /

/** Whether something is done with what is found that changes it. */
export const changesFound = ({ todo }: State): boolean => todo.some((one) => !LEAVES.test(one))

/** The command; undefined if what was said does not go together. */
export function write(state: State): string | undefined {
  const { depth, tests, held, rank, pipe } = state
  const type = kindFor(state)
  if (type === undefined) return undefined
  const places = (state.places.length === 0 ? ['.'] : state.places).map(asFiles).join(' ')
  const own = [...new Set(tests)].map((one) =>
    state.nocase ? one.replace(/(?<=^|\s)-(name|path|regex)(?= )/g, '-i$1') : one,
  )
  // A directory holds files, not text, and is itself the first that is found.
  joinEnds(own)
  if (held !== undefined && (type === 'd' || type === 'l')) return undefined
  if (type === 'd' && depth.includes('-maxdepth 1') && !depth.some((one) => one.includes('-mindepth')))
    depth.unshift('-mindepth 1')
  if (state.todo.length > 1 || (rank !== undefined && state.todo.length > 0)) return undefined
  const [todo] = state.todo
  // A pipe behind `-delete` or `-exec` shows less of the output; it does not limit to what files something is done.
  if (changesFound(state) && pipe.length > 0) return undefined
  if (state.into !== undefined && changesFound(state)) return undefined
  const isWhole = takesWhole(type, state, own)
  if (isWhole) {
    // The directory in which the search starts is not in itself.
    if (!depth.some((one) => one.includes('-mindepth'))) depth.unshift('-mindepth 1')
    // A directory that is old, small or of another owner may hold what is not.
    if (!own.every((one) => ABOUT_NAME.test(one))) return undefined
  }
  // `all files except a.txt` are those of this directory: what else is below nobody has named.
  const isRest = own.length > 0 && own.every((one) => one.startsWith('! ')) && state.places.length === 0
  if (isRest && changesFound(state) && !/recursive/.test(state.reading.text) && depth.length === 0)
    depth.push('-maxdepth 1')
  if (todo !== undefined && changesFound(state) && !limitToInside(type, state, own)) return undefined
  // What is left out comes behind what is meant.
  own.sort((one, other) => Number(one.startsWith('! ')) - Number(other.startsWith('! ')))
  const kind = type === '' ? (held === undefined ? [] : ['-type f']) : [`-type ${type}`]
  // Symbolic links that lead nowhere are a kind of their own.
  const parts = [
    state.follows ? 'find -L' : 'find',
    places,
    ...new Set(depth),
    ...(own.some((one) => one.includes('-xtype')) ? [] : kind),
    ...own,
  ]
  const end = `${state.quiet ? ' 2>/dev/null' : ''}${pipe.map((one) => ` | ${one}`).join('')}${state.into === undefined ? '' : ` > ${state.into}`}`
  if (held !== undefined) return searched(state, parts, places, own, end)
  if (rank !== undefined) return `${parts.join(' ')} ${ranked(rank)}${end}`
  // An archive is written at once, and not for each file that somebody said yes to.
  if (state.asks)
    return todo === undefined || isWhole || todo.startsWith('tar ') ? undefined : asking(parts, todo)
  if (todo === 'delete' && state.loud && !isWhole) return `${parts.join(' ')} -exec rm -v {} +${end}`
  if (todo === 'delete')
    return `${parts.join(' ')} ${!isWhole ? '-delete' : type === 'd' ? '-exec rm -r {} +' : '-exec rm -rf {} +'}${end}`
  // Other archives than those of gzip are unpacked by other tools.
  if (todo === 'gunzip' && !own.some((one) => /gz'?(?: |$)/.test(one))) return undefined
  if (todo === 'basename') return `${parts.join(' ')} -exec basename {} \\;${end}`
  if (todo === undefined) return [...parts, ...(state.end === undefined ? [] : [state.end])].join(' ') + end
  const act = type !== 'f' && type !== 'l' && held === undefined ? todo.replace(/^cp -t/, 'cp -r -t') : todo
  return `${parts.join(' ')} ${done(act)}${end}`
}

/**
 * The act on all that was found. `-exec tar … {} +` would begin the archive anew for each part of a long list, so tar reads
 * the list.
 */
const done = (act: string): string =>
  act.startsWith('tar ') ? `-print0 | ${act} --null -T -` : `-exec ${act} {} +`

/** The search with an action that asks before each thing that was found. */
const asking = (parts: readonly string[], todo: string): string =>
  todo === 'delete'
    ? `${parts.join(' ')} -ok rm {} \\;`
    : `${parts.join(' ')} -ok ${todo.replace(/^(mv|cp) -t (\S+)$/, '$1 {} $2')}${/^(?:mv|cp) /.test(todo) ? '' : ' {}'} \\;`

/** The kind of what is found; undefined if what is to be done with it is not done with this kind. */
function kindFor({ type, todo: [todo = ''] }: State): string | undefined {
  if (/^(?:sed|gzip|gunzip) /.test(`${todo} `))
    return (type ?? '') === '' ? 'f' : type === 'f' ? 'f' : undefined
  // Where nobody says directories, what is deleted or moved is files; a mode goes to what a symbolic link leads to.
  if (/^(?:delete$|mv )/.test(todo)) return type ?? 'f'
  return /^(?:chmod|chown|chgrp) /.test(todo) && type === 'l' ? undefined : (type ?? '')
}

/** Keeps a change to what is inside of a place; false if no test says that only the things meant are changed. */
function limitToInside(
  type: string,
  { todo: [todo = ''], depth, held, places }: State,
  own: string[],
): boolean {
  if ((type !== '' && type !== 'd') || held !== undefined) return true
  const isNamed = own.some((one) => ABOUT_NAME.test(one))
  // Directories are copied with all that is in them.
  if (todo.startsWith('cp ')) return isNamed && own.every((one) => ABOUT_NAME.test(one))
  // find itself never deletes the current directory.
  const isHere = todo === 'delete' && (places.length === 0 || places.every((one) => one === '.'))
  if (!isNamed && !isHere && !depth.some((one) => one.includes('-mindepth'))) depth.unshift('-mindepth 1')
  if (type === '' && /^(?:chmod|chown|chgrp) /.test(todo)) own.push('! -type l')
  return true
}

/** Makes one pattern of a beginning and an end of the name. */
function joinEnds(tests: string[]): void {
  const form = (test: string | undefined) =>
    /^-(i?name) '?([^*?[\]\\'"]*)(\*)([^*?[\]\\'"]*)'?$/.exec(test ?? '')
  const first = tests.findIndex((one) => form(one)?.[2] !== '' && form(one)?.[4] === '')
  const last = tests.findIndex((one) => form(one)?.[2] === '' && form(one)?.[4] !== '')
  const [start, end] = [form(tests[first]), form(tests[last])]
  if (start === null || end === null || start[1] !== end[1]) return
  tests[first] = `-${start[1]} '${start[2]}*${end[4]}'`
  tests.splice(last, 1)
}

/** Whether directories are deleted or moved with all that is in them. What is empty or a symbolic link holds nothing. */
const takesWhole = (type: string, { todo: [todo = ''], held }: State, own: readonly string[]): boolean =>
  (type === 'd' || (type === '' && held === undefined)) &&
  /^(?:delete$|mv )/.test(todo) &&
  !own.some((one) => one === '-empty' || one === '-xtype l')

function searched(
  state: State,
  parts: readonly string[],
  places: string,
  own: readonly string[],
  end: string,
): string {
  const { held, nocase, todo, depth } = state
  const { text, lacks, lines } = held as NonNullable<State['held']>
  const letters = `${nocase ? 'i' : ''}${lacks ? 'L' : lines ? 'H' : 'l'}`
  const each = `-exec grep -${letters} ${asWord(text)} {} +`
  if (todo.length === 0 && own.length === 0 && depth.length === 0)
    return `grep -r${letters.replace('H', '')} ${asWord(text)} ${places}${end}`
  const quiet = `-exec grep -q${nocase ? 'i' : ''} ${asWord(text)} {} \\;`
  if (todo.length > 0)
    return `${parts.join(' ')} ${lacks ? '! ' : ''}${quiet} ${todo[0] === 'delete' ? '-delete' : done(todo[0] as string)}${end}`
  return `${parts.join(' ')} ${each}${end}`
}

const ranked = ({ by, most }: NonNullable<State['rank']>): string => {
  const head = most === '' ? '' : ` | head -n ${most}`
  if (by === 'big') return `-printf '%s\\t%p\\n' | sort -nr${head}`
  if (by === 'small') return `-printf '%s\\t%p\\n' | sort -n${head}`
  return `-printf '%T@ %p\\n' | sort -n${by === 'new' ? 'r' : ''}${head} | cut -d' ' -f2-`
}
