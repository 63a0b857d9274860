// Judges whether an answer is what the words of a request say, where the command of a set has what they do not say.
import { normalForm } from './judge.ts'

/**
 * Whether an answer is what the words say, where the set's command differs from it only in what they do not say: the case of
 * names, which of two times `changed` means, the start of the search among what is found, or one word of the set's
 * that is not in the request, where the answer has the one that is.
 */
export function saysTheSame(answer: string, set: string, words: string): boolean {
  const [own, other] = [answer, set].map((one) => unsaid(normalForm(one, words), words).split(' ')) as [
    string[],
    string[],
  ]
  const more = without(own, other)
  const less = without(other, own)
  if (more.length + less.length === 0 || isOther(answer, set)) return true
  const [kept = '', instead = ''] = [more[0], less[0]].map((one) => one?.replace(/^[-+](?=\d)|[*'"]/g, ''))
  return (
    more.length === 1 &&
    less.length === 1 &&
    !/^-|^$/.test(kept) &&
    !/^-|^$/.test(instead) &&
    /\w/.test(instead) &&
    words.includes(kept) &&
    !words.toLowerCase().includes(instead.toLowerCase())
  )
}

/** Other tools that tell the same thing, with whatever options. Which of them a set has is a matter of its age and its machine. */
const TELL_THE_SAME: readonly RegExp[] = [
  /^(?:ip (?:-\S+ )*(?:a|addr|address|link)(?: show)?|ifconfig(?: -a)?|netstat (?:-i|--interfaces)|hostname -[iI])$/,
  /^(?:ip (?:-\S+ )*(?:r|route)(?: show)?|route(?: -n)?|netstat (?:-r|-n -r|-rn|-nr))$/,
  /^(?:dpkg -l|dpkg --get-selections|apt list --installed|rpm -qa|yum list installed)$/,
  /^(?:systemctl list-units --type=service(?: --\S+)*|systemctl --type=service|service --status-all)$/,
  /^(?:ps aux|ps -[eA]|ps -ef|ps ax|ps)$/,
  /^(?:who|w|users|finger)$/,
  /^(?:cut -d: -f1 \/etc\/group|getent group|cat \/etc\/group)$/,
  /^(?:cut -d: -f1 \/etc\/passwd|getent passwd|cat \/etc\/passwd)$/,
  /^(?:mount(?: \| column -t)?|findmnt|cat \/proc\/mounts|df -[hT]+)$/,
]
/** The same question to different tools about one thing, or one package to different managers of packages. */
const ASK_THE_SAME: readonly RegExp[] = [
  /^(?:dig(?: \+short)?(?: -x)?|nslookup|host) (\S+)$/,
  /^(?:apt|apt-get|yum|dnf)(?: -y)? install(?: -y)? (\S+)$/,
  /^(?:ping(?: -[cw] \d+)?) (\S+)$/,
]
const isOther = (answer: string, set: string): boolean => {
  const [own, other] = [answer, set].map((one) => one.replace(/\bsudo /g, '').trim()) as [string, string]
  return (
    TELL_THE_SAME.some((form) => form.test(own) && form.test(other)) ||
    ASK_THE_SAME.some(
      (form) => form.exec(own)?.[1] !== undefined && form.exec(own)?.[1] === form.exec(other)?.[1],
    )
  )
}

/** The words of a form that another does not have. */
function without(words: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others]
  return words.filter((word) => {
    const at = left.indexOf(word)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** A normal form without what the request says nothing of. */
function unsaid(form: string, words: string): string {
  let text = form
  if (!/\b(?:case|capital|upper|lower)/i.test(words))
    text = text.replace(
      /-i?(name|path|regex) (\S+)/g,
      (_, test: string, value: string) => `-${test} ${value.toLowerCase()}`,
    )
  if (!/\b(?:(?:sub)?director|folder|(?:sym)?links?|pipe|socket|device|regular|normal|dirs?\b)/i.test(words))
    text = text.replace(/ -type f(?= |$)/g, '')
  if (/\bchang/i.test(words)) text = text.replace(/-c(days|min) /g, '-m$1 ')
  if (!/\bdeep|\bdepth|\blevel/i.test(words)) text = text.replace(/ -mindepth 1(?= )/g, '')
  return text
}
