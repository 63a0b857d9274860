// Judges whether an answer is the command that a set asks for: equal in normal form, never by likeness.

/**
 * Spellings of one meaning, made one. Besides exact synonyms this leaves out what only marks lines or reports progress (`-H`,
 * `--color`, `-v` of commands that change files), a pager, and `sudo`; `-exec`, `xargs` and `-delete` are one.
 */
const SAME: readonly (readonly [RegExp, string])[] = [
  [/[\u201c\u201d]/g, '"'],
  [/(?<=\bxargs(?: -\S+)*) -(?:[0rt]+|-null|-no-run-if-empty)(?= )/g, ''],
  // Signs that a word processor made of a dash, and soft hyphens.
  [/\u00ad/g, ''],
  [/(?<=\s)[\u2013\u2014](?=\w)/g, '-'],
  // Both spellings of what a command prints.
  [/`([^`]*)`/g, '$($1)'],
  // An option's letter and its number.
  [/(?<=\b(?:read|split|nl|cut|fold|head|tail|ping|sort)\b[^|]*) -([a-zA-Z])(?=\d)/g, ' -$1 '],
  [/(?<=\bsplit\b[^|]*) --bytes[= ]/g, ' -b '],
  [/(?<=\bsplit\b[^|]*) --lines[= ]/g, ' -l '],
  [/(?<=\bsplit\b[^|]*) --numeric-suffixes(?= )/g, ' -d'],
  [/(?<=\bsplit\b[^|]*) --suffix-length[= ]/g, ' -a '],
  // A command whose words are what another prints, that other being a search.
  [/^ (rm|chmod|chown|grep|wc|ls|cat|touch)((?: [^\s`$]+)*) \$\((find [^|;]+)\)$/, ' $3 -exec $1$2 {} +'],
  [/[\u2018\u2019]/g, "'"],
  [/\$HOME\b|\$\{HOME\}/g, '~'],
  [/(?<=[\s|])(?:sudo|\/(?:usr\/)?bin\/(?=\w)) ?/g, ''],
  [/\\!/g, '!'],
  [/ *\| *(?:more|less|cat)$/, ''],
  [/(?<=\s)-not(?=\s)/g, '!'],
  [/(?<=\s)-or(?=\s)/g, '-o'],
  [/(?<=\s)-(?:a|and|print|depth|follow|daystart)(?=\s|$|\|)/g, ''],
  [/ -print0 \| tar (\S+ \S+) --null -T -/g, ' -exec tar $1 {} +'],
  [/ -print0\b/g, ''],
  [/2> \/dev/g, '2>/dev'],
  [/(?:'\{\}'|"\{\}"|\\\{\\\})/g, '{}'],
  [/ *(?:\\ ?;|';'|";")/g, ' +'],
  [
    / *\| *xargs((?: -(?:[0rt]+|d ?\S+|n ?1|L ?1)| --null| --no-run-if-empty)*) -(?:I|i) ?(\S*) ([^|]*)/g,
    ' -exec $3 +<$2>',
  ],
  [
    / *\| *xargs(?: -(?:[0rt]+|d ?\S+|n ?1|L ?1|P ?\d+)| --null| --no-run-if-empty)* ([^|]*?) *(?=$|\|)/g,
    ' -exec $1 {} + ',
  ],
  [/-execdir\b/g, '-exec'],
  [/-exec ((?:(?! -exec ).)*?)(\S+) \+<\2>/g, '-exec $1{} +'],
  [/\+<[^>]*>/g, '+'],
  [/-exec (mv|cp)((?: -[a-su-z]\w*)*) (?:-t ?|--target-directory[= ])(\S+) \{\} \+/g, '-exec $1$2 {} $3 +'],
  [/-exec rm(?: -[frv]+)* (?:-- )?\{\} \+/g, '-delete'],
  [/-exec rmdir \{\} \+/g, '-empty -delete'],
  [/-empty(.*)-empty/g, '-empty$1'],
  [/ \/dev\/null \{\} \+| \{\} \/dev\/null \+/g, ' {} +'],
  [/ -exec (?:ls|echo)(?: -[d1])? \{\} \+/g, ''],
  [/ -exec ls -\w*l\w* \{\} \+| -ls\b/g, ' -exec ls -l {} +'],
  [/-size 0[a-z]?(?=\s|$)/g, '-empty'],
  [/-mtime -1\b/g, '-mtime 0'],
  [/-(?:perm) (?:[/+-])?(?:u\+s|u=s|4000)\b/g, '-perm -4000'],
  [/-perm (?:[/+-])(?:g\+s|g=s|2000)\b/g, '-perm -2000'],
  [/-perm (?:[/+-])?0*(\d{3})\b/g, '-perm $1'],
  [/-([acm])time (-|\+|)(\d+)\b/g, '-$1days $2$3'],
  [/-([acm])min (-|\+|)(\d+)\b/g, '-$1min $2$3'],
  [/(?<=\bfind) (?:\.\/|\$PWD|\$\(pwd\))(?=\s|$)/g, ' .'],
  [/(?<=\b(?:e|f)?grep\b[^|]*) (?:--color(?:=\w+)?|-H|-s)(?=\s)/g, ''],
  [/(?<=\bgrep -)(\w*)[Hns](\w*)(?=\s)/g, '$1$2'],
  [/(?<=\bgrep) -(?=\s)/g, ''],
  [/(?<=\b(?:cp|mv|mkdir|chmod|chown|gzip) )-v(?=\s)/g, ''],
  [/(?<=\bmkdir) (?:-p|--parents)(?=\s)/g, ''],
  [/ -e (?=\S+ \S)/g, ' '],
  [/\begrep\b/g, 'grep -E'],
  [/\bfgrep\b/g, 'grep -F'],
  // Signs of no expression mean the same in all of them.
  [
    /(?<=\bgrep(?: -\w+)*) -[EF](?=(?: -\w+)* (?:'[\w @:,/<>=-]*'|"[\w @:,/<>=-]*"|[\w@:,/][\w@:,/=-]*)(?= |$))/g,
    '',
  ],
  [
    /^ grep(?: -(?:r|n|rn|nr|R|Rn))+ --include[= ]('[^']*'|"[^"]*"|\S+) ('[^']*'|"[^"]*"|[^\s-]\S*)(?: ([^\s|-]\S*))?$/g,
    ' find $3 -type f -name $1 -exec grep $2 {} +',
  ],
  // A search through all files of a place: grep reads no directory.
  [
    /^ find((?: [^\s-]\S*)*)(?: -type f)* -exec grep((?: -\w+)*) ('[^']*'|"[^"]*"|[^\s-]\S*) \{\} \+/g,
    ' grep -r$2 $3$1',
  ],
  [/^ grep((?: -\w+)*) -(\w*)r(\w*)((?: -\w+)*) ('[^']*'|"[^"]*"|[^\s-]\S*)$/g, ' grep$1 -$2r$3$4 $5 .'],
  [/\$\{(\w+)\}/g, '$$$1'],
  [/\bchown((?: -\w+)*) :(?=[\w-]+ )/g, 'chgrp$1 '],
  [
    /^ cat ([^\s|;&<>-][^\s|;&<>]*) \| (wc|sort|uniq|head|tail|cut|tr|md5sum|sha256sum|nl|rev|tac)((?: -[^\s|]+| \d+)*)(?=$| [|>])/g,
    ' $2$3 $1',
  ],
  // One line at the beginning or the end.
  [/\bsed (?:-n '?1p'?|'?1q'?|'1!d') /g, 'head -n 1 '],
  [/\bsed (?:-n '?\$p'?|'\$!d') |\bawk 'END ?\{ ?print(?: \$0)? ?\}' /g, 'tail -n 1 '],
  [/\bsed '?(\d+)q'? /g, 'head -n $1 '],
  [/\bawk '(?:NR ?== ?1|FNR ?== ?1)(?: ?\{ ?print(?: \$0)? ?\})?' /g, 'head -n 1 '],
  [/(?<=\b(?:head|tail)) -n?(\d+)\b/g, ' -n $1'],
  [/(?<=\bhead)$| \| head -n 10$/g, ''],
  [/(?<=\b(?:head|tail)) -(?=n? ?10\b)n? ?10(?=\s|$)/g, ''],
  [/(?<=\bwatch(?: -d)?) -n ?2(?:\.0)?(?=\s)/g, ''],
  [/(?<=\bwatch(?: -d)?) -n(?=\d)/g, ' -n '],
  [/(?<=\bchown(?: -\w+)* [\w-]+)\.(?=[\w-]+ )/g, ':'],
  [/\bgzip -(?:d|-decompress)(?=\s)/g, 'gunzip'],
  [/(?<=\bgrep(?: -[a-bd-zA-Z]+)* (?:'[^']*'|"[^"]*"|[^\s-]\S*)) ([^\s|]+) \| wc -l$/g, ' -c $1'],
  [/\btmux list-sessions\b/g, 'tmux ls'],
  [/\s>\|?\s*(?=\S)/g, ' > '],
  [/--in-place\b/g, '-i'],
  [/--recursive\b/g, '-r'],
  [/--human-readable\b/g, '-h'],
  [/--summarize\b/g, '-s'],
  [/--ignore-case\b/g, '-i'],
  [/--line-number\b/g, '-n'],
  [/--count\b/g, '-c'],
  [/--invert-match\b/g, '-v'],
  [/--files-with-matches\b/g, '-l'],
  [/--verbose\b/g, '-v'],
  [/--parents\b/g, '-p'],
  [/--force\b/g, '-f'],
  [/--all\b/g, '-a'],
  [/\bgrep((?: -\w+)*) -R\b/g, 'grep$1 -r'],
  [/(?<=\b(?:chmod|chown|chgrp)) -R(?=\s)/g, ' -r'],
]
/** Options whose next word is their value. */
const WITH_VALUE =
  /^(?:-(?:name|iname|path|ipath|wholename|regex|iregex|type|size|mdays|mmin|adays|amin|cdays|cmin|newer|perm|user|group|uid|gid|maxdepth|mindepth|inum|links|samefile|printf|regextype|newermt|fstype|used)|-[nkdtfoC])$/

/** Tools whose letters take no value. */
const NO_VALUES = /^(?:ln|chown|chgrp|chmod|gzip|gunzip|rm|ls|cp|mv|diff|df)$/

/** Words that ask for more of what is found than its name. */
const DETAILS =
  /\b(?:long|detail\w*|information|attributes|ls -\w+|stat|permissions? of|sizes? of|owners? of)\b/i

/**
 * A least or an exact size: any unit is as good as its bytes. `+` means more than so many whole ones; an exact size may be meant
 * to the byte, or as find rounds it up.
 */
const ABOVE = /-size (\+|(?=\d))(\d+(?:\.\d+)?)([bckMG]?)(?=\s|$)/g
const BYTES: Readonly<Record<string, number>> = { b: 512, c: 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }
/** One of a few letters in a pattern for names. */
const CHOICE = /-(i?name) (['"]?)([^'"\s[]*)\[(\w{2,6})\]([^'"\s[]*)\2(?=\s|$)/g

/** Words of a command with their quotes taken off; operators are words of their own. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s|;&"'\\])+|\|\||&&|[|;&]/gs)].map(
    ([word]) =>
      word.replace(
        /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
        (_, a: string, b: string, c: string) => a?.replace(/\\([\\"$])/g, '$1') ?? b ?? c,
      ),
  )
}

/**
 * The normal form of a command: spellings of one meaning made one, joined letters taken apart, options and operands of
 * each command of a pipe in a fixed order. Operands that are copied or moved keep their order. With the words of the
 * request, `-type f` says nothing new where files are asked for, nor does the start of a search for which no place is named.
 */
export function normalForm(command: string, words = ''): string {
  let text = ` ${command.trim().replace(/(?<![\\'"]) *;$/, '')}`.replace(/\s+/g, ' ')
  for (const [pattern, meant] of SAME) text = text.replace(pattern, meant).replace(/ {2,}/g, ' ').trimEnd()
  if (/\bfiles?\b/i.test(words) && !/files?(?:\/| and | or )(?:director|folder)|regular/i.test(words))
    text = text.replace(/ -type f(?= |$)/g, '')
  const where = words.replace(
    / in (?:(?:the|last|past|previous|its|their|size|names?|total|\d\S*|long|reverse|detail)\b)/gi,
    ' ',
  )
  if (/^ find /.test(text) && !/[/~$]|director|folder|system|here|below|under| in /i.test(where))
    text = text.replace(/^ find (?:[.~]|\/\S*)(?= |$)/, ' find .')
  // Where nobody asks for more than names, a long listing of what is found shows the same things.
  if (!DETAILS.test(words)) text = text.replace(/ -exec ls -l \{\} \+$/, '')
  text = text.replace(
    ABOVE,
    (_, sign: string, number: string, unit: string) =>
      `-size ${sign}${Math.floor(Number(number) * (BYTES[unit] ?? 512))}c`,
  )
  text = text.replace(
    CHOICE,
    (_, test: string, __: string, before: string, letters: string, after: string) =>
      `( ${[...letters].map((letter) => `-${test} "${before.replace(/\\/g, '')}${letter}${after}"`).join(' -o ')} )`,
  )
  const parts: string[][] = [[]]
  for (const word of wordsOf(text.trim().replace(/(?<=\s)\\(?=[()])/g, ''))) {
    if (/^(?:\||\|\||&&|;|&)$/.test(word)) parts.push([word], [])
    else parts.at(-1)?.push(word)
  }
  return parts.map(normalCommand).join(' ')
}

function normalCommand([tool = '', ...all]: readonly string[]): string {
  const act = all.findIndex((word) => /^-(?:exec|ok|printf|delete|fprint)$/.test(word))
  const before = act < 0 ? all : all.slice(0, act)
  const words = tool === 'find' ? grouped(before, act < 0) : before
  const acts = act < 0 ? [] : all.slice(act).map(plainPath)
  if (tool === 'find' && (words.includes('(') || words.includes('-o')))
    return [tool, ...words.map(plainPath), ...acts].join(' ')
  const options: string[] = []
  const operands: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const isNot = word === '!'
    const at = isNot ? (words[++i] ?? '') : word
    if (/^-./.test(at)) {
      if (at.startsWith('-or ')) {
        options.push(`${isNot ? '! ' : ''}${at}`)
        continue
      }
      const next =
        WITH_VALUE.test(at) && !NO_VALUES.test(tool) && i + 1 < words.length ? ` ${words[++i]}` : ''
      const value = /^-i(?:name|path|regex)$/.test(at)
        ? next.toLowerCase()
        : next.replace(/^ ([+-]?)0+(?=\d+$)/, at === '-perm' ? '$&' : ' $1')
      const letters =
        tool !== 'find' && /^-[A-Za-z]{2,}$/.test(at) ? [...at.slice(1)].map((one) => `-${one}`) : [at]
      const said = letters.map(
        (one, k) => `${isNot ? '! ' : ''}${one}${k === letters.length - 1 ? value : ''}`,
      )
      options.push(...said)
    } else operands.push(plainPath(at))
  }
  if (tool === 'find' && operands.length === 0) operands.push('.')
  // The directory in which a search starts has the name `.` there, so a test of names leaves it out already.
  if (
    operands.join() === '.' &&
    options.some((one) => /^-(?:or -)?i?name (?!(?:\*|\.\*?|\?)(?:\||$))|^-type f/.test(one))
  )
    options.splice(0, Infinity, ...options.filter((one) => one !== '-mindepth 1'))
  const isOrdered =
    /^(?:cp|mv|ln|scp|rsync|sed|awk|grep|tr|diff|chmod|chown|chgrp|echo|printf|date|comm)$/.test(tool)
  return [tool, ...[...new Set(options)].sort(), ...(isOrdered ? operands : operands.sort()), ...acts].join(
    ' ',
  )
}

/**
 * The words of a search with each choice in parentheses as one word, its parts in a fixed order. With nothing before and
 * nothing done behind, a choice needs no parentheses.
 */
function grouped(words: readonly string[], isAll: boolean): readonly string[] {
  const start = words.findIndex((word) => /^[-(!]/.test(word))
  const tests = words.slice(Math.max(0, start))
  if (
    isAll &&
    start >= 0 &&
    tests.includes('-o') &&
    !tests.some((word) => /^[()]$|^-(?:m\w+depth|prune)$/.test(word))
  )
    return [...words.slice(0, start), choice(tests)]
  const made: string[] = []
  for (let i = 0; i < words.length; i++) {
    const end = words[i] === '(' ? words.indexOf(')', i) : -1
    const inner = words.slice(i + 1, end)
    if (end < 0 || inner.some((word) => /^[()]$|^-prune$/.test(word))) made.push(words[i] as string)
    else {
      made.push(choice(inner))
      i = end
    }
  }
  return made
}

/** A choice as one word; one of a single part is that part's words. */
const choice = (words: readonly string[]): string => `-or ${words.join(' ').split(' -o ').sort().join('|')}`

const plainPath = (word: string): string =>
  word.length > 1 ? word.replace(/^\.\/(?=.)/, '').replace(/\/+$/, '') || '.' : word

/**
 * The form of a command with placeholders: values that a person fills in are all the same. Where a page has two spellings of
 * a word or an option, `spelling` says which is taken.
 */
export function openForm(command: string, spelling: 1 | 2 = 1): string {
  const text = command
    .replace(/\{\{\[([^|\]]+)\|([^\]]*)\]\}\}/g, spelling === 1 ? '$1' : '$2')
    .replace(/\{\{[^}]*\}\}/g, 'X')
  return normalForm(text)
    .replace(/(?<![-\w])[A-Z][A-Z_0-9]*\b/g, 'X')
    .replace(/(?:(?<=^|\s)\S*X\S*(?:\s|$))+/g, '')
    .trim()
}
