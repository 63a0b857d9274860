// Takes secrets out of sentences: notes, prompts, goals and names, which people write for people and for models.
import { announcesSecret } from './redact/names.ts'
import { REDACTED, redact } from './redact/redact.ts'

const KEYS =
  'api|access|auth|client|license|licence|encryption|activation|wi-?fi|wlan|vpn|shared|pre-?shared|master|product|private api'
const CODES =
  'door|gate|alarm|unlock|recovery|backup|activation|access|security|entry|pin|puk|verification|safe|lock'
/** What a sentence calls a secret. `key`, `code` and `answer` mean too much by themselves. */
const NOUN = `(?:pass(?:word|phrase|code|wort|wd)?|kennwort|mot de passe|contraseña|pwd?|psk|(?:sim )?pin(?:[ -](?:code|number))?|puk|cv[vc]|token|secret|(?:${KEYS})[ _-]?key|(?:${CODES})[ -]codes?|codes? (?:of|for) the (?:door|gate|safe|lock|alarm)|(?:lock|safe) combination|combination of the (?:lock|safe)|community string|(?:security|secret) answer|answer to the security question)`
/** Words between the noun and the verb: `the password (prod) for the printer on floor 3 is …`. */
const GAP = String.raw`(?: ?\([^()]{1,40}\))?(?: (?:of|for|on|at|to|in|from|that|which|des|der|von|zum|f\u00fcr|du|de|del)(?: [^\s,;:=?!()]{1,30}){1,6}?)?(?: ?\([^()]{1,40}\))?`
const VERB =
  '(?:is|was|are|ist|war|lautet|est|es)(?: (?:now|still|just|simply|currently|again|jetzt))?|now|still|(?:was |has been |is now |got )?(?:changed |set |reset )?to'
const QUOTED = '"[^"]{1,200}"|“[^”]{1,200}”|\'[^\']{1,200}\'|`[^`]{1,200}`|«[^»]{1,200}»'
const VALUE = String.raw`(?:${QUOTED}|[^\s"\u201c'\u00ab]\S{0,199})`
const SIGN = String.raw`\s*(?::|=|\u2192|->|=>)\s*|\s+[-\u2013]\s+`

const BEHIND = new RegExp(
  String.raw`(?<![\p{L}\p{N}_-]|no )(?<noun>${NOUN})(?![\p{L}\p{N}_-])["*]{0,2}(?:(?:${GAP})(?:(?<sign>${SIGN})|,?\s+(?<verb>${VERB})(?:\s*:)?\s+)|\s+\(?)(?<value>${VALUE})`,
  'giu',
)
const BEFORE = new RegExp(
  String.raw`(?<![\p{L}\p{N}_])(?:use|enter|type|take|with|try)\s+(?<value>${VALUE})\s+(?:as|for) (?:the |a |my |your )?(?:\p{L}+ )?${NOUN}(?![\p{L}\p{N}_])`,
  'giu',
)
/** `credentials for the wiki: carol / x`, `login is carol:x`: a name first, the secret behind it. */
const PAIR =
  /(?<![\p{L}\p{N}_])(?:credentials?|logins?)(?: (?:of|for|to)(?: [^\s:]{1,30}){1,4}?)?(?::| are| is)? [^\s:/]{1,40}(?: ?[:/] ?| and )(?<value>[^\s:/]\S{0,99})|(?<![\p{L}\p{N}_])[^\s:/]{1,40} ?\/ ?(?<before>[^\s:/]\S{0,99}) are (?:the|my|our) credentials/giu
/** More values in a row: `recovery codes: a, b`. */
const MORE = /^(?:,| and)? (\S{4,60})/u

/** Words that say something of a secret and are none. */
const SAYS = new Set(
  `absent abgelaufen added again allowed alright ask available back bad bent better bogus broken cached case check clear common compromised correct
  correcta correcto default different down easy empty enough exposed expired fair falsch faux fine fixed free gleich gone good hard hashed here
  hidden ignored illegal important incorrect incorrecta incorrecto insecure invalid known late leaked leer locked long lost mandatory masked
  missing mounted needed never new nil none nonsense null obligatoire obligatoria obligatorio obsolete off ok okay old on open optional out
  outdated over plain present printed private protected public random ready redacted required rejected reused richtig right rotated safe same
  saved secure see sent set shared short shown stale static stored strong sufficient temporary there true unchanged unique unknown unsafe unset
  unused up used useless valid visible vorhanden weak weg wrong yours`.split(/\s+/),
)
/** Words that begin a phrase and not a secret. */
const BEGINS =
  /^(?:a|an|the|in|on|at|by|to|of|for|from|with|without|as|and|or|not|no|too|very|only|also|always|never|usually|probably|either|both|all|one|two|it|its|this|that|these|what|where|which|who|when|how|why|if|because|so|has|have|had|must|should|can|may|will|would|needs?|is|are|was|see|ask|under|behind|inside|between|until|since|after|before|about|per|more|less|at|kept|read|in|im|am|auf|muss|soll|nicht|kein|keine|noch|zu|der|die|das|ein|eine|steht|trop|dans|pas|la|le|les|en|muy|no)$/iu
const PARTICIPLE = /^\p{Ll}{2,}(?:ed|ing|able|ible|less|ful)$/u
const PLAIN = /^\p{L}+$/u

/** Digits, signs inside, or capitals inside: no word of a language. */
const isOdd = (value: string): boolean =>
  /\p{L}/u.test(value)
    ? /\p{N}|[^\p{L}\p{N}'\u2019]|\p{Ll}\p{Lu}|^\p{Lu}{2,}\p{Ll}/u.test(value)
    : /^[\d#*+-]{3,}$/.test(value)

/** Where a name of a file, an address or a unit stands, it is no secret. */
const isPlace = (value: string): boolean =>
  /^(?:[~.]{0,2}\/|https?:|[\w-]+\.(?:ts|js|py|md|json|toml|ya?ml|txt|pem|key|conf|env)$)|^[\d.,]+(?:%|ms|s|h|d|kb|mb|gb)$/i.test(
    value,
  )

interface Found {
  readonly noun: string
  readonly value: string
  readonly by: 'sign' | 'verb' | 'nothing'
  readonly rest: string
}

function isSecret({ noun, value, by, rest }: Found): boolean {
  if (
    !announcesSecret('password', value) ||
    BEGINS.test(value) ||
    SAYS.has(value.toLowerCase()) ||
    isPlace(value)
  )
    return false
  const isNumber = /^\d+$/.test(value)
  // Passes and pins of connectors are counted.
  if (by === 'nothing')
    return isOdd(value) && (!isNumber || (value.length > 3 && !/^(?:pass|token|secret)$/i.test(noun)))
  if (isNumber && by === 'verb' && !/^(?:sim )?pin/i.test(noun) && /^ \p{L}/u.test(rest)) return false
  if (isOdd(value)) return true
  if (PARTICIPLE.test(value) || (by === 'verb' && /^pass$/i.test(noun))) return false
  // A sentence goes on, a secret ends it.
  return PLAIN.test(value) && !/^\s+\(?\p{L}/u.test(rest)
}

/** Several words, which only a passphrase has without quotes. */
const isPhrase = (noun: string, value: string, rest: string): boolean =>
  /^passphrase$/i.test(noun) &&
  PLAIN.test(value) &&
  !PARTICIPLE.test(value) &&
  !BEGINS.test(value) &&
  !SAYS.has(value.toLowerCase()) &&
  /^(?: \p{L}+){2,8}$/u.test(rest)

/** Without quotes around it, or what ends a sentence. */
function bareOf(text: string): { readonly bare: string; readonly from: number } {
  if (/^["\u201c'`\u00ab]/.test(text)) return { bare: text.slice(1, -1), from: 1 }
  return { bare: text.replace(/(?:[.,;:!?)\]}]|["'\u201d\u2019`*]+)+$/u, ''), from: 0 }
}

function redactSentence(line: string): string {
  const spans: [from: number, to: number][] = []
  for (const { groups, index, 0: all } of line.matchAll(BEHIND)) {
    const { noun = '', sign, verb, value = '' } = groups ?? {}
    const { bare, from } = bareOf(value)
    const at = index + all.length - value.length + from
    let end = at + bare.length
    const rest = line.slice(end + from)
    const by = sign !== undefined ? 'sign' : verb !== undefined && verb !== 'to' ? 'verb' : 'nothing'
    if (/^(?:[<{$-]|\[redacted)/.test(bare)) continue
    const found =
      from === 1
        ? isOdd(bare) || (by !== 'nothing' && announcesSecret('password', bare))
        : isSecret({ noun, value: bare, by, rest })
    if (by !== 'nothing' && isPhrase(noun, bare, rest)) spans.push([at, line.length])
    else if (found) {
      spans.push([at, end])
      for (;;) {
        const [text = '', next = ''] = MORE.exec(line.slice(end)) ?? []
        if (!/\d/.test(next) || !isOdd(next)) break
        end += text.length
        spans.push([end - next.length, end])
      }
    }
  }
  for (const pattern of [BEFORE, PAIR])
    for (const { groups, index, 0: all } of line.matchAll(pattern)) {
      const value = groups?.value ?? groups?.before ?? ''
      const { bare, from } = bareOf(value)
      const at = index + (pattern === PAIR ? all.lastIndexOf(value) : all.indexOf(value)) + from
      if (isOdd(bare) && !BEGINS.test(bare) && !bare.startsWith('[redacted'))
        spans.push([at, at + bare.length])
    }
  let text = ''
  let at = 0
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from < at) continue
    text += `${line.slice(at, from)}${REDACTED}`
    at = to
  }
  return text + line.slice(at)
}

/** Each line without what a sentence or a command in it calls a secret. Its figures are in docs/recording.md. */
export const redactProse = (text: string): string =>
  text
    .split('\n')
    .map((line) => redact(redactSentence(line)))
    .join('\n')
