// Files that code in other languages deletes or empties, each as the shell command that would do the same.
import { shellWord } from '../../../base/quote.ts'
import { callsThat } from '../carriers/foreign-calls.ts'
import type { InnerScript } from '../carriers/layers.ts'
import type { Arg } from '../model.ts'

/** The home directory in Python, JavaScript, Ruby, Perl, PHP, Lua and R; a group is the text behind `~`. */
const HOME = new RegExp(callsThat('home'), 'g')
const MARK = '\u0001'

/** The source of a text in quotes, with its quote as the group of this number, and what is between them as the next one. */
const quoted = (group: number): string =>
  String.raw`(["'])((?:\\.|(?!\G)[^\\]){1,500})\G`.replaceAll('G', `${group}`)

const TREES = new RegExp(
  String.raw`${callsThat('tree')}\s{0,9}\(?\s{0,9}\[?\s{0,9}(?:Path\()?${quoted(1)}`,
  'g',
)
const FILES = new RegExp(String.raw`${callsThat('file')}\s{0,9}\(?\s{0,9}${quoted(1)}`, 'g')
const OF_PATH = new RegExp(
  String.raw`Path\(\s{0,9}${quoted(1)}\s{0,9}\)(?:\.\w+\([^()]*\))?\.(unlink|rmdir|write_text|write_bytes|rename|replace|touch)\b`,
  'g',
)
const EMPTIES = new RegExp(
  String.raw`\bopen\s{0,9}\(\s{0,9}${quoted(1)}\s{0,9},\s{0,9}(?:mode\s{0,9}=\s{0,9})?["'](?:w|wb|w\+|>)["']|${callsThat('empties')}\s{0,9}\(?\s{0,9}${quoted(3)}|\bopen\s{0,9}\(?[^,()]{1,40},\s{0,9}(["'])>((?:\\.|(?!\5)[^\\]){1,500})\5`,
  'g',
)
/** Calls that list a directory; code that also deletes is taken to delete all that it lists. */
const WALKS = new RegExp(
  String.raw`${quoted(1)}\)?\.(?:rglob|glob|iterdir|walk)|${callsThat('lists')}\s{0,9}[([]\s{0,9}${quoted(3)}`,
  'g',
)
/** Perl's `unlink glob "dir/*"` and `unlink <dir/*>`. */
const GLOBS = /\bunlink\s{0,9}\(?\s{0,9}(?:glob\s{0,9}\(?\s{0,9}["']|<)([^"'<>]{1,500})["'>]/g
const DELETES = /unlink|remove|rmdir|rmtree|delete|\brm/i

/** The end of a call, so that the literal before it is the whole of an argument. */
const ENDS = '(?=\\s*(?:[),;}\\n]|$))'
const WHOLE = [TREES, FILES, OF_PATH, GLOBS, EMPTIES].map(({ source }) => new RegExp(source + ENDS, 'g'))
/** What stands for a call that a shell command tells in full; a text into which values are put is not known. */
export const UNDERSTOOD = (call: string): string =>
  /[$#@{]/.test(call) ? call : call.includes('(') && !call.endsWith(')') ? 'print(0' : '0'

/**
 * A shell command for each file or tree that a literal names, or that lies in the home directory; at most 16. `rest` is the
 * code without the calls that they stand for.
 */
export function filesTouched(code: Pick<Arg, 'text' | 'taint' | 'span'>): {
  readonly scripts: readonly InnerScript[]
  readonly rest: string
} {
  const text = code.text
    .replace(HOME, (_all, one?: string, other?: string) => `"${MARK}${one ?? other ?? ''}"`)
    .replace(/["']\s*\+\s*["']/g, '')
    .replace(/["']\s+\/\s+["']/g, '/')
    .replace(/\bjoin\(\s*["']([^"']*)["']\s*,\s*["']([^"']*)["']\s*\)/g, '"$1/$2"')
  const out: InnerScript[] = []
  const add = (command: string, path: string | undefined) => {
    if (path === undefined || out.length >= 16) return
    const word = path.startsWith(MARK)
      ? `"$HOME${path.slice(1).replace(/["$`\\]/g, '\\$&')}"`
      : shellWord(path)
    out.push({ text: `${command}${word}`, taint: code.taint, span: code.span })
  }
  for (const [, , path] of text.matchAll(TREES)) add('rm -rf ', path)
  for (const [, , path] of text.matchAll(FILES)) add('rm -f ', path)
  for (const [, path] of text.matchAll(GLOBS)) add('rm -rf ', path?.replace(/\/\*[*/.\w]*$/, ''))
  for (const [, , path, verb = ''] of text.matchAll(OF_PATH))
    add(verb.startsWith('write') ? ': > ' : 'rm -f ', path)
  for (const [, , first, , second, , third] of text.matchAll(EMPTIES))
    add(': > ', first ?? second ?? third?.trim())
  if (DELETES.test(text))
    for (const [, , first, , second] of text.matchAll(WALKS))
      add('rm -rf ', (first ?? second)?.replace(/\/?\*[*/.\w]*$/, ''))
  return { scripts: out, rest: WHOLE.reduce((left, pattern) => left.replace(pattern, UNDERSTOOD), text) }
}
