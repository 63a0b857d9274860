// Proves of code in another language that it only computes, prints and reads. All that is not proven may do anything.

import { type Names, names } from '../lookup.ts'
import { callsThat } from './foreign-calls.ts'

/** UTF-16 units; longer code is not read. */
const MAX_CODE = 16_000
/** Levels of code in the texts of code, such as `${…}`. */
const MAX_DEPTH = 4

/** How one language is read. */
interface Grammar {
  /** Functions and methods that change nothing, besides COMMON and KEYWORDS. */
  readonly calls: Names
  readonly comment: RegExp
  /** What stands before the name of a method. */
  readonly member: RegExp
  /** What stands before the name of a variable. */
  readonly variable?: RegExp
  /** What follows a name that is called. */
  readonly called?: RegExp
  /** Whether a value may stand before a bracket that calls nothing. */
  readonly joins?: true
  /** Whether a name is a call also without brackets. */
  readonly isBare?: true
  /** Whether a text between slashes is a pattern. */
  readonly hasPatterns?: true
  /** Code inside of a text: the group is the code. */
  readonly inText?: RegExp
  /** Something that cannot be proven, in code without its texts. */
  readonly never?: RegExp
}

/** Functions and methods that change nothing, in whatever language they are. */
const COMMON = names(`
  print println printf puts echo p pp pprint say inspect log warn error info debug table dir die
  abs acos all any asin atan atan2 avg ceil char chr concat contains cos count cumsum date decode deepcopy describe difference dict
  digest each each_with_index each_char each_line each_slice encode endsWith endswith ends_with entries enumerate even every exit exp
  filter find findall first flat flatMap flat_map flatten float floor format fromkeys fsum get gsub has head hex hexdigest hypot id
  include includes index indexOf inject int intersection isalpha isdigit isinstance isoformat items int join keys last len length
  lines list ljust load loads localtime log10 log2 lower lstrip map match max mean median merge min mod now oct ord pad padEnd padStart
  partition pop pow prod push random range read read_text readline readlines reduce repeat rev reverse reversed rjust round rstrip
  sample select seek seq set shape shift shuffle sin size sleep slice some sort sorted split sprintf sqrt startsWith startswith
  starts_with std str strftime strip strptime strtotime sub substr substring sum tail take tan then time times title to_f to_i to_json to_s
  toFixed toISOString toLocaleString toLowerCase toString toUpperCase tolower toupper total_seconds translate trim trunc tuple type
  uniq unique unpack unshift upper uuid1 uuid4 value values version where zfill zip now today utcnow fromtimestamp
`)

/** Words of the grammar of some language, and of values that every program has. */
const KEYWORDS = names(`
  if elif else unless elsif for foreach in of while until and or not xor return lambda await async yield with catch except switch case
  when do then end begin BEGIN END function fn def sub my our local let const var new typeof instanceof try finally rescue ensure next
  last redo break continue pass is as from import use no require require_relative using package module class struct global nonlocal
  assert del x eq ne lt gt le ge cmp true false nil null undefined None True False NaN self this defined? __FILE__ raise throw
`)

/** Names that say that something is changed or run; such a function may be handed on without being called. */
const CHANGES = new RegExp(callsThat('changes'), 'i')

/** Functions whose arguments may be functions, and a function that they get by its name. */
const HANDED_ON =
  /\b(?:map|filter|reduce|forEach|for_each|each|then|catch|starmap|sorted|sort|min|max|on|setTimeout|setInterval|some|every|flatMap|find|key\s*=|apply|partial|[sl]apply)\s*[(=]\s*&?:?(?:\w+\s*[.:]+\s*)*(\w+)\s*[,)]/g

/** A method whose name says that it only looks. */
const LOOKS = /^(?:is|has|get|to|as|num|len|count|list|version|describe|parse)(?=_|[A-Z])|^(?:is|as|get)\w+$/

const HASH = /#[^\n]*/y
const SLASHES = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const NEVER = /[^\s\S]/
const SIGIL = /[$@%]$/
const DOT = /(?<!\.)\.$/

const GRAMMARS: Readonly<Record<string, Grammar>> = {
  python: {
    comment: HASH,
    member: DOT,
    inText: /(?<!\{)\{(?!\{)([^{}]*)\}/g,
    // A decorator calls what it names.
    never:
      /(?:^|\n)\s*@|\b(?:pickle|marshal|shelve|inplace)\b|\bfrom\s+(?:os|shutil|subprocess|pathlib)\s+import\s*\*/,
    calls: names(`
      open bool bytes bytearray bin hasattr input iter repr vars
      write flush writelines dump dumps safe_load b64encode b64decode sha256 sha512 md5       token_hex choice choices randint uniform quote unquote urlparse urlencode urlopen
      Path cwd home resolve exists is_file is_dir iterdir glob rglob listdir walk scandir stat getsize getmtime getcwd getenv expanduser
      expandvars abspath realpath basename dirname splitext relpath isfile isdir cpu_count getpid uname gethostname gethostbyname platform
      compile search finditer escape group datetime timedelta date timezone Counter defaultdict OrderedDict namedtuple
      combinations factorial gcd Decimal       ip_address arange linspace DataFrame Series read_csv read_json read_excel
      value_counts head extend sort add union fetchone fetchall reader DictReader
      literal_eval parse reader     `),
  },
  js: {
    comment: SLASHES,
    member: /(?<!\.)\??\.$/,
    called: /^\s*(?:\?\.)?\(|^\s*""/,
    hasPatterns: true,
    inText: /\$\{([^{}]*)\}/g,
    calls: names(`
      require parseInt parseFloat String Number Boolean Array Object Date BigInt Map Set RegExp Promise Error URL URLSearchParams
      Intl NumberFormat DateTimeFormat Math isNaN encodeURIComponent decodeURIComponent atob btoa fetch json text
      setTimeout resolve stringify parse from fromEntries assign isArray forEach findIndex splice sort charCodeAt charAt
      fromCharCode replace replaceAll test cwd uptime readFileSync
      readFile readdirSync existsSync statSync basename dirname homedir hostname       randomBytes randomUUID randomInt createHash createHmac update digest createServer listen end
      writeHead setHeader on once resume inspect all race keys getTime getFullYear     `),
  },
  ruby: {
    comment: HASH,
    member: /(?<!\.)\.$|&\.$|::$|&:$/,
    variable: SIGIL,
    isBare: true,
    hasPatterns: true,
    inText: /#\{([^{}]*)\}/g,
    never: /%x\W|\bload\b|\bmethod\b/,
    calls: names(`
      require require_relative gets readlines chomp chop chars bytes upcase downcase capitalize tr scan       each_with_object step reject detect group_by sort_by max_by min_by sum tally       key? any? empty? even? include? start_with? end_with?
      exist? file? directory? basename dirname extname expand_path home pwd children glob entries foreach parse generate pretty_generate
      dump rand Integer Float String Array format sprintf loop freeze dup to_a to_h to_sym ord hexdigest       encode64 decode64 strict_encode64 strict_decode64 uuid gethostname escape unescape strftime first last
      httpd gsub sub lstrip rstrip ENV ARGV ARGF STDIN     `),
  },
  perl: {
    comment: HASH,
    member: /->$|::$/,
    variable: SIGIL,
    joins: true,
    isBare: true,
    hasPatterns: true,
    inText: /(?:@|\$)\{(?!\^?\w+\})([^{}]*)\}/g,
    never: /\b(?:do|require)\s+\$|&\s*[$\w{]|->\s*\(|<\s*[^\s<>=]*[*|]/,
    calls: names(`
      scalar stat defined exists undef ref chomp chop lc uc lcfirst ucfirst rindex pos pack sprintf grep splice local
      gmtime hex oct eof close readline strict warnings qw STDIN STDOUT STDERR ARGV ENV INC F _ e f d r w
      z s l select uniq reduce first shuffle sum sum0 max min floor ceil strftime encode_json
      decode_json Dumper md5_hex sha256_hex encode_base64 decode_base64 new     `),
  },
  php: {
    comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*/y,
    member: /->$|::$/,
    variable: SIGIL,
    joins: true,
    inText: /\{(\$[^{}]*)\}/g,
    never: /[\])"]\s*\(|\b(?:require|include)\w*\s*\(?\s*\$|\$\w+\s*\(|\$\$|->\s*[${]|new\s*\$|`/,
    calls: names(`
      var_dump var_export print_r json_encode json_decode array isset empty count strlen strtolower strtoupper ucfirst implode
      explode str_replace str_repeat substr_count strpos preg_match preg_match_all preg_quote in_array array_keys
      array_values array_merge array_sum array_unique array_column array_key_exists
      sort range md5 sha1 hash base64_encode base64_decode bin2hex hex2bin random_bytes random_int rand       uniqid intval floatval strval is_numeric number_format microtime date_default_timezone_get phpversion php_uname phpinfo
      php_sapi_name ini_get extension_loaded function_exists defined
      getenv getcwd file_get_contents stream_get_contents fgets feof file file_exists is_file is_dir filesize filemtime glob scandir
      basename dirname realpath pathinfo htmlspecialchars urlencode urldecode       password_hash exit DateTime require_once include_once     `),
  },
  lua: {
    comment: /--\[\[[\s\S]*?\]\]|--[^\n]*/y,
    member: /(?<!\.)\.$|(?<!:):$/,
    called: /^\s*[("{]/,
    never: /\bload|\bdofile|\bdofile|\bpcall|\bos\s*\[|_G|\]\]/,
    calls: names(
      'tostring tonumber pairs ipairs select rep byte gmatch getenv clock difftime insert concat unpack pack tointeger require',
    ),
  },
  awk: {
    comment: HASH,
    member: NEVER,
    variable: SIGIL,
    joins: true,
    hasPatterns: true,
    // gawk calls the function that a variable names, and reads libraries.
    never: /@/,
    calls: names('substr tolower toupper srand rand getline close fflush systime strtonum and or'),
  },
  r: {
    comment: HASH,
    member: /::$|\$$|\.$/,
    never: /`|\bwrite\.|\bfile\.[rc]|\bcat\s*\([^()]*\bfile\s*=/,
    calls: names(`
      cat c paste paste0 summary str nchar read csv table data frame matrix nrow ncol dim names colnames rownames rnorm       t test library require sapply lapply apply do sessionInfo Sys getenv packageVersion
      installed packages install Rprof numeric character factor levels which ifelse is na rep rbind cbind order head toupper
      args commandArgs strsplit gsub grepl sprintf message options
    `),
  },
  julia: {
    comment: HASH,
    member: DOT,
    never: /`|\brun\b/,
    calls: names(
      'versioninfo show time add status instantiate rand randn zeros ones collect sum println string parse typeof Dict Set',
    ),
  },
  lisp: {
    comment: /;[^\n]*/y,
    member: NEVER,
    joins: true,
    isBare: true,
    calls: names(
      'message princ prin1 display newline t nil emacs org batch byte car cdr cons file list mod setq defun if let expt',
    ),
  },
  apple: {
    comment: /--[^\n]*/y,
    member: NEVER,
    isBare: true,
    calls: names(
      'display notification dialog alert beep volume settings output muted mute clipboard the buttons default button sound name of',
    ),
  },
  tcl: {
    comment: HASH,
    member: NEVER,
    isBare: true,
    inText: /\[([^[\]]*)\]/g,
    calls: names(
      'expr incr proc lindex llength lappend lrange lsort string regexp clock send_user info tclversion patchlevel',
    ),
  },
  // Commands of vi; a name without brackets is one of them, or a word of a pattern.
  vi: {
    comment: /[^\s\S]/y,
    member: NEVER,
    never: /(?:^|[\s|:])(?:exe\w*|lua\w*|py\w*|ruby?\w*|perl\w*|tcl\w*|so|source|call\s+\w*del\w*)\b/,
    calls: names('delete w wq update copy move'),
  },
  other: {
    comment: HASH,
    member: /(?<!\.)\.$|::$/,
    never: /`|\bcommand\b/,
    calls: names('display write newline disp IO putStrLn show io fwrite halt nl'),
  },
}

/** The names of the languages; of any other name, nothing but COMMON is known. */
const grammarOf = (language: string): Grammar => GRAMMARS[language] ?? (GRAMMARS.other as Grammar)

/** Whether the code, of which all that was understood is left out, only computes, prints and reads. */
export function isProven(code: string, language: string, depth = 0): boolean {
  const grammar = grammarOf(language)
  const read = depth > MAX_DEPTH || code.length > MAX_CODE ? undefined : withoutTexts(code, grammar, language)
  if (read === undefined || grammar.never?.test(read.text)) return false
  return (
    onlyKnownCalls(read.text, grammar) &&
    (language !== 'awk' || printsOnly(read.text)) &&
    read.inner.every((text) => isProven(text, language, depth + 1))
  )
}

/** How a file is opened to be read. */
const OF_A_FILE = /^["'](?:r[bt]?|utf-?8)["']$/i
const TEXT = /("""|''')[\s\S]*?\1|(["'`])(?:\\[\s\S]|(?!\2)[^\\])*\2/y
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y
/** Before it a slash begins a pattern, and does not divide. */
const BEFORE_PATTERN =
  /(?:^|[(,=:[!&|?{};~+\n]|\b(?:return|and|or|not|if|unless|split|grep|when|while|print))\s*$/
const QUOTES = /(?:tr|y|s|qw|qr|qq|q|m)(?=\s*[^\w\s,;=)>]|\s+[{([])/y
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' }

/** The code with `""` in the place of each text and pattern, and the code inside of these; undefined if a text has no end. */
function withoutTexts(
  code: string,
  grammar: Grammar,
  language: string,
): { readonly text: string; readonly inner: readonly string[] } | undefined {
  const inner: string[] = []
  let out = ''
  const at = (pattern: RegExp, from: number): string | undefined => {
    pattern.lastIndex = from
    return pattern.exec(code)?.[0]
  }
  for (let i = 0; i < code.length; ) {
    const char = code[i]!
    // In Perl and Ruby `$#x` and `$'` are variables.
    const isSign = language === 'perl' && code[i - 1] === '$' && /[#'"`]/.test(char)
    const comment = isSign || /\w$/.test(out) ? undefined : at(grammar.comment, i)
    if (comment !== undefined && !(language === 'ruby' && comment.startsWith('#{'))) {
      i += comment.length
      continue
    }
    const quoted = isSign ? undefined : at(TEXT, i)
    if (quoted !== undefined) {
      const isRaw = quoted[0] === "'" && language !== 'python'
      if (quoted[0] === '`' && language !== 'js') return undefined
      const holds =
        grammar.inText !== undefined &&
        !isRaw &&
        (language !== 'js' || quoted[0] === '`') &&
        (language !== 'python' || /f[rR]?$|rf$/i.test(out))
      if (holds) {
        const found = [...quoted.matchAll(grammar.inText as RegExp)].map((match) => match[1]!)
        // Brackets inside of brackets are not followed.
        if (language === 'js' && found.length !== quoted.split('${').length - 1) return undefined
        if (language === 'ruby' && found.length !== quoted.split('#{').length - 1) return undefined
        inner.push(
          ...found.map((text) => (language === 'python' ? text.replace(/[!:][^()[\]]*$/, '') : text)),
        )
      }
      out += OF_A_FILE.test(quoted) ? '0' : '""'
      i += quoted.length
      continue
    }
    if (/["'`]/.test(char) && !isSign && language !== 'lisp') return undefined
    const quotes =
      (language === 'perl' || language === 'ruby') && !/[\w$@%&>{-]$/.test(out) && /[tysqm]/.test(char)
        ? quoteLike(code, i)
        : undefined
    if (quotes !== undefined) {
      if (CHANGES.test(quotes.text) || /\(\?\??\{/.test(quotes.text)) return undefined
      if (quotes.code !== undefined) inner.push(quotes.code)
      out += '""'
      i = quotes.end
      continue
    }
    const pattern =
      grammar.hasPatterns && char === '/' && BEFORE_PATTERN.test(out.slice(-20)) ? at(PATTERN, i) : undefined
    if (pattern !== undefined) {
      // Behind a bracket or a line, what looks like a pattern may be code between two divisions.
      if (/[}\n]\s*$/.test(out) && CHANGES.test(pattern) && (grammar.isBare || pattern.includes('(')))
        return undefined
      if (/\(\?\??\{/.test(pattern)) return undefined
      out += '""'
      i += pattern.length
      continue
    }
    out += char
    i++
  }
  return { text: out, inner }
}

/** A text, pattern or replacement of Perl with signs of its own: `s{a}{b}`, `tr/a-z/A-Z/`, `qw(a b)`. */
function quoteLike(
  code: string,
  from: number,
): { readonly text: string; readonly end: number; readonly code?: string } | undefined {
  QUOTES.lastIndex = from
  const word = QUOTES.exec(code)?.[0]
  if (word === undefined) return undefined
  let i = from + word.length
  const part = (open: string): string | undefined => {
    const close = CLOSES[open] ?? open
    let depth = 1
    const start = i
    for (; i < code.length; i++) {
      if (code[i] === '\\') i++
      else if (code[i] === close && --depth === 0) return code.slice(start, i++)
      else if (code[i] === open && close !== open) depth++
    }
    return undefined
  }
  while (/\s/.test(code[i] ?? '')) i++
  const open = code[i++]!
  const first = part(open)
  if (first === undefined) return undefined
  if (!/^(?:s|tr|y)$/.test(word)) return { text: first, end: i }
  if (CLOSES[open] !== undefined) while (/\s/.test(code[i] ?? '')) i++
  const second = part(CLOSES[open] === undefined ? open : code[i++]!)
  if (second === undefined) return undefined
  const flags = /^[a-z]*/.exec(code.slice(i))?.[0] ?? ''
  const isCode = word === 's' && flags.includes('e')
  return { text: isCode ? first : first + second, end: i + flags.length, ...(isCode && { code: second }) }
}

/** Writing to one's own output is printing. */
const OWN_OUTPUT = /\b(stdout|stderr|STDOUT|STDERR|res|response)\s*\.\s*write(?:line)?\b/g
const DEFINES =
  /\b(?:def|function|sub|class|fn|defun)\s+([A-Za-z_]\w*)|([A-Za-z_]\w*)\s*=\s*(?:async\s*)?(?:lambda\b|function\b|\([^()]*\)\s*=>|\w+\s*=>)|\|([\w\s,()]+)\|/g
const BINDS =
  /([A-Za-z_]\w*)\s*(?:,\s*[A-Za-z_]\w*\s*)*(?:[-+*/|&]?=(?![=~>])|<-)|\bfor\s+(\w+)\s+in\b|\|([\w\s,()]+)\|/g
const CALLED = /^\s*\.?\(/
/** A value that is called: f()(), f[x](), "f"(). A function without a name may be called where it stands. */
const VALUE_CALLED = /(?<!\}\s*)[\])"]\s*\((?!\?)|\]\s*\(/

const boundBy = (pattern: RegExp, text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(pattern)].flatMap(([, ...found]) => found.join(' ').match(/\w+/g) ?? []))

function onlyKnownCalls(given: string, grammar: Grammar): boolean {
  const text = given.replace(OWN_OUTPUT, 'print')
  const defined = boundBy(DEFINES, text)
  const bound = grammar.isBare ? boundBy(BINDS, text) : defined
  const isHarmless = (name: string): boolean => grammar.calls.has(name) || COMMON.has(name)
  if (!grammar.joins && (VALUE_CALLED.test(text) || /\.\s*\(/.test(text))) return false
  if ([...text.matchAll(HANDED_ON)].some(([, name = '']) => !isHarmless(name) && CHANGES.test(name)))
    return false

  /** Whether a name that is not called may stand there. */
  function isValue(name: string, isMember: boolean, before: string, after: string): boolean {
    if (isHarmless(name)) {
      // A harmless function that gets another meaning, and is called.
      const isSet =
        !isMember && (/^\s*=(?![=~>])/.test(after) || /\bas\s+$/.test(before) || isTaken(text, before))
      return !(isSet && new RegExp(`\\b${name}\\s*\\(`).test(text))
    }
    if (bound.has(name)) return true
    const isKey = /^\s*(?::(?!:)|=>)/.test(after) || /:\s*$/.test(before) || /[\w>\]]\{\s*$/.test(before)
    if (grammar.isBare && !isMember && !isKey && !MODULE.test(before) && !/^[A-Z]|^x\d+$/.test(name))
      return false
    return !CHANGES.test(name) || /^\s*=(?!=)/.test(after)
  }

  for (const { 0: found, index } of text.matchAll(/[A-Za-z_]\w*[?!]?/g)) {
    const name = found.replace(/!$/, '')
    const before = text.slice(Math.max(0, index - 60), index)
    const after = text.slice(index + found.length, index + found.length + 20)
    const isMember = grammar.member.test(before.trimEnd())
    const isVariable = grammar.variable?.test(before) === true
    if (!isMember && (isVariable || KEYWORDS.has(name) || defined.has(name))) continue
    const isCall = (grammar.called ?? CALLED).test(after) || (isMember && grammar.isBare)
    if (!isCall) {
      if (!isValue(name, isMember, before, after)) return false
    } else if (!isHarmless(name) || (name === 'open' && (isMember || !opensToRead(after)))) {
      const looks = isMember && (defined.has(name) || (LOOKS.test(name) && !CHANGES.test(name)))
      if (!looks) return false
    }
  }
  return true
}

const MODULE = /\b(?:use|no|import|module|require|library)\s+[\w:.,\s]*$/
/** Whether the name before which this stands is taken from a module whose functions may change something. */
const isTaken = (text: string, before: string): boolean =>
  /\bfrom\s+\S+\s+import\s[^;\n]*$/.test(before) && !FROM.test(text)

/** Modules whose functions change nothing, so that they may be called without the module's name. */
const FROM =
  /\bfrom\s+(?:json|math|cmath|re|sys|time|datetime|collections|itertools|string|random|secrets|hashlib|base64|uuid|platform|statistics|decimal|fractions|textwrap|pprint|urllib\.\w+|typing|socket|dateutil\S*|bs4|numpy\S*|pandas\S*)\s+import\b/

/** The rest of the call opens a file for reading alone. */
const opensToRead = (after: string): boolean =>
  /^\s*\(\s*(?:""|[\w.[\]"]+)\s*(?:,\s*(?:\w+\s*=\s*)?0\s*)*\)/.test(after)

/** Whether awk's code prints into no file that a value names, and hands nothing to a command that one names. */
function printsOnly(text: string): boolean {
  let flat = text
  for (let last = ''; last !== flat; ) {
    last = flat
    flat = flat.replace(/\([^()]*\)/g, ' ')
  }
  const redirects = /\bprintf?\b[^;}\n]*?>{1,2}(?!\s*""\s*(?:[;}\n]|$))/.test(flat)
  const pipes = text
    .replace(/\|\|/g, ' ')
    .replace(/(?:^|[({;\n!=&]|\bwhile|\bif)\s*""\s*\|&?\s*getline/g, ' ')
    .replace(/\|&?\s*""\s*(?=[;}\n]|$)/g, ' ')
  return !redirects && !pipes.includes('|')
}
