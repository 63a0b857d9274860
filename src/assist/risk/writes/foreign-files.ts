// Files that code in other languages deletes or empties, each as the shell command that would do the same.
import { shellWord } from '../../../base/quote.ts'
import type { InnerScript } from '../carriers/layers.ts'
import type { Arg } from '../model.ts'

/** The home directory in Python, JavaScript, Ruby, Perl, PHP, Lua and R; a group is the text behind `~`. */
const HOME =
  /(?:pathlib\.)?Path\.home\(\)|(?:os\.path\.|File\.)?(?:expanduser|expand_path)\(\s{0,9}["']~([^"']*)["']\s{0,9}\)|(?:pathlib\.)?Path\(\s{0,9}["']~([^"']*)["']\s{0,9}\)\.expanduser\(\)|(?:os\.)?environ(?:\.get)?[[(]["']HOME["'][\])]|(?:os\.)?getenv\(\s{0,9}["']HOME["']\s{0,9}\)|Sys\.getenv\(["']HOME["']\)|(?:require\(["'](?:node:)?os["']\)|\bos)\.homedir\(\)|\bhomedir\(\)|process\.env(?:\.HOME|\[["']HOME["']\])|Dir\.home(?:\(\))?|ENV(?:\.fetch)?[[(]["']HOME["'][\])]|\$ENV\{["']?HOME["']?\}|\$_(?:SERVER|ENV)\[["']HOME["']\]/g
const MARK = '\u0001'

const TREES =
  /(?:Deno\.remove(?:Sync)?|rmtree|rmSync|rmdirSync|rm_rf|rm_r|remove_tree|remove_entry\w*|remove_dir_all|RemoveAll|rimraf|dir_delete|removeSync|emptyDirSync|delete-directory|removedirs|deltree|\brm|\bunlink(?=\s{0,9}\(\s{0,9}["'][^"']*["']\s{0,9},\s{0,9}recursive))\s{0,9}\(?\s{0,9}\[?\s{0,9}(?:Path\()?(["'])((?:\\.|(?!\1)[^\\]){1,500})\1/g
const FILES =
  /(?:os\.(?:remove|unlink|rmdir)|\bunlink(?:Sync)?|File\.(?:delete|unlink)|delete-file|file\.remove|file_delete)\s{0,9}\(?\s{0,9}(["'])((?:\\.|(?!\1)[^\\]){1,500})\1/g
const OF_PATH =
  /Path\(\s{0,9}(["'])((?:\\.|(?!\1)[^\\]){1,500})\1\s{0,9}\)(?:\.\w+\([^()]*\))?\.(unlink|rmdir|write_text|write_bytes|rename|replace|touch)\b/g
const EMPTIES =
  /(?:\bopen\s{0,9}\(\s{0,9}(["'])((?:\\.|(?!\1)[^\\]){1,500})\1\s{0,9},\s{0,9}(?:mode\s{0,9}=\s{0,9})?["'](?:w|wb|w\+|>)["'])|(?:(?:writeFile|writeFileSync|file_put_contents|File\.write|IO\.write|createWriteStream|writeLines|(?:(?:os|fs|File)\.|(?<![.\w]))truncate(?:Sync)?)\s{0,9}\(?\s{0,9}(["'])((?:\\.|(?!\3)[^\\]){1,500})\3)|\bopen\s{0,9}\(?[^,()]{1,40},\s{0,9}(["'])>((?:\\.|(?!\5)[^\\]){1,500})\5/g
/** Calls that list a directory; code that also deletes is taken to delete all that it lists. */
const WALKS =
  /(?:(["'])((?:\\.|(?!\1)[^\\]){1,500})\1\)?\.(?:rglob|glob|iterdir|walk)|(?:walk|rglob|glob|iterdir|listdir|scandir|readdir(?:Sync)?|Dir(?:\.\w+)?|find|scan_dir)\s{0,9}[([]\s{0,9}(["'])((?:\\.|(?!\3)[^\\]){1,500})\3)/g
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
