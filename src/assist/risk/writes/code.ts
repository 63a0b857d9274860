// Finds the files that code in other languages writes, as far as it names them literally.
import { callsThat } from '../carriers/foreign-calls.ts'

/** A literal. Empty ones count too, so that what stands between two of them is not taken for a third. */
const LITERAL = /(["'`])((?:\\.|(?!\1)[^\\\n]){0,300})\1/g
/** Characters before and after a literal in which a call is looked for. */
const NEAR = 80
/** Literals of one text that are read; a command line holds fewer. */
const MOST_LITERALS = 200

/** Calls that write, replace or remove the file in their first argument. */
const WRITES_FIRST = new RegExp(String.raw`${callsThat('writes')}\s*\(?\s*$`, 'i')
/** Calls that write, replace or remove the file in their second argument. */
const WRITES_SECOND = new RegExp(
  String.raw`${callsThat('places')}\s*\(?[^()]*,\s*$|\b(?:write-region|append-to-file)\s+\S+\s+(?:\S+\s+)?$`,
  'i',
)
const OPENS = new RegExp(String.raw`${callsThat('opens')}\s*\(?\s*(?:[\w\s>.,()"-]*,\s*)?$`)
const FOR_WRITING =
  /^\s*,\s*(?:mode\s*[=:]\s*)?(?:["'][rbt]*[wax+]|[^)]{0,60}\b(?:O_)?(?:WRONLY|RDWR|CREAT\w*|write))|^\s+\{?[wa]\+?[\]}\s]|^\s+:direction\s+:(?:output|io)/i
const PATH_WRITES =
  /^\s*,\s*inplace\s*=|^\s*\)?\s*(?:\.|->)(?:IO\.)?(?:write\w*|spew\w*|spurt|edit_?\w*|unlink|touch|chmod|rename|replace|open\(\s*["'][wax]|(?:text|bytes)\s*=)|^\s*\)\s*<</
/** A redirection: awk's `print > "file"`, or Perl's mode in front of the name. */
const REDIRECTS = /(?:^|[^-=<>])>{1,2}\s*\(?\s*$|["']\+?>{1,2}[^"']*["']\s*,\s*$/
const IN_TEXT = [
  // make has $(file >name,text); nu, elvish and xonsh redirect as shells do.
  /\$\(file\s+>{1,2}\s*([^\s,)]+)/g,
  /(?:^|[\s\w'"])>{1,2}\s*([~/][^\s;|&()<>'"`,]+)/g,
  // Julia's paths may stand without quotes: open(f, /a/b, "w").
  /,\s*([~/][^\s,()'"]+)\s*,\s*["'][wa]/g,
  // Tcl names files without quotes: open FILE w, file copy A B.
  /\bopen\s+\{?([~/][^\s\]}]+)\}?\s+\{?["']?[wa]/g,
  /\bfile\s+(?:copy|rename|link)\s+(?:-\w+\s+)*\S+\s+([~/][^\s\];]+)/g,
  // Clients of databases, gdb and nu do so too: \\copy t to FILE, tee FILE, set logging file FILE, save FILE.
  /\\copy\s+[^;]{1,300}?\sto\s+([~/][^\s;'"]+)/gi,
  /(?:^|[\n;])\s{0,9}(?:tee|\\T)\s+([~/][^\s;'"]+)/g,
  /\blogging\s+file\s+([~/][^\s;'"]+)/g,
  /\|\s{0,9}save\s+(?:-\w+\s+)*([~/][^\s;'"|]+)/g,
  // gdb's dump, cmdlets of PowerShell, Puppet's file resource.
  /\bdump\s+(?:(?:binary|ihex|srec|tekhex|verilog)\s+)?(?:value|memory)\s+([^\s"']+)/g,
  /\b(?:Out-File|Set-Content|Add-Content|Tee-Object|Copy-Item\s+\S+|Move-Item\s+\S+)\s+(?:-\w*Path\s+)?([^\s"'|;)]+)/gi,
  /\bfile\s*\{\s*["']([^"']+)["']\s*:/g,
  // Transfers by name: lftp and smbclient get FILE; ansible's dest=FILE.
  /\bm?get\s+(?:-\w+\s+)*\S+\s+(?:-o\s+)?([^\s;"']+)/g,
  /\b(?:dest|path)=([^\s"';]+)/g,
  /\\openout\\?\w*\s*=\s*([^\s\\{}]+)/g,
  // Commands of sqlite3, psql and jshell take the file without quotes.
  /(?:^|[\n;'"])\s{0,9}(?:\.(?:output|once|save|backup|log|clone)|\\(?:o|out|w|g)|\/save)\s+(?:main\s+)?([^\s"'`;|]+)/g,
]

/** Paths of files that the code writes, replaces or deletes. */
export function writtenInCode(code: string): readonly string[] {
  const found: string[] = []
  let looked = 0
  for (const match of code.matchAll(LITERAL)) {
    if (looked++ >= MOST_LITERALS) break
    const text = match[2]!
    if (text === '') continue
    const redirected = /^\s*\+?>{1,2}\s*(\S[\s\S]*)$/.exec(text)?.[1]
    if (redirected !== undefined) {
      found.push(redirected)
      continue
    }
    const before = code.slice(Math.max(0, match.index - NEAR), match.index)
    const after = code.slice(match.index + match[0].length, match.index + match[0].length + NEAR)
    if (
      WRITES_FIRST.test(before) ||
      WRITES_SECOND.test(before) ||
      REDIRECTS.test(before) ||
      PATH_WRITES.test(after) ||
      (OPENS.test(before) && FOR_WRITING.test(after))
    )
      found.push(text)
  }
  for (const pattern of IN_TEXT) for (const match of code.matchAll(pattern)) found.push(match[1]!)
  return found
}
