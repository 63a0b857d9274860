// Tells requests that only want to see something from those that want a change, and commands that change something.
import { globMatcher } from '../../../base/quote.ts'
import { concept, concepts, NOT } from './language.ts'

/** Words of a request that only looks. */
const LOOKS =
  /^\W*(?:please |can you |could you |recursively |i (?:want|need|would like) to |how (?:do|can|could|would|should) (?:i|you|we) |how to )*(?:show|list|print|display|find|search|count|view|see|get(?! rid\b)|give me|look|locate|report|output|check|calculate|compare|return|(?:who|what|which)(?: \w+s)?|where|when|how (?:many|much|long|big|full|old)|is|are|does|do|tell)(?:s|es|ing)?\b/i
/** Verbs of a request that also wants a change, in any of their forms. */
const WANTS =
  /\b(?:(?:delet|remov|eras|purg|mov|renam|chang|replac|substitut|terminat|execut|creat|mak|writ|sav|stor|archiv|overwrit|restor|merg|wip|giv|tak|rebas|updat|upgrad|resiz|generat|schedul)(?:e|es|ing)|(?:kill|restart|zip|assign|add|append|insert|redirect|clean|unlink|compress|install|uninstall|format|mount|unmount|convert|edit|download|upload|send|sync|extract|unpack|touch|undo|revert|discard|reset|switch|commit|push|pull|drop|shut|reboot|burn|flash|boot|turn|split|join|rm|mv|cp|chmod|chown|chgrp|run|(?<!\b(?:permissions?|bits?|flags?|modes?|attributes?|options?|variables?) )set|put|free|truncat|checkout|swap|concatenat)(?:s|es|ing|ting|ping)?|cop(?:y|ies|ying)|stop(?:s|ping)?|start(?:s|ing)?(?! (?:with|by|from|at|in)\b)|modif(?:y|ies|ying)|enabl(?:e|es)|disabl(?:e|es)|get rid|empty (?:the|my)|check out|log out|output (?:it |them |the results? )?(?:in)?to|symlink|into|to (?:the )?file)\b/i

/** Where the name of a command stands: at the start of a line or a part, behind what runs another command, or in a path. */
const START =
  /(?:^|[|;&({\x60\n]\s*|\b(?:sudo|doas|env|nohup|nice|time|command|exec|then|do|else) (?:-[ugn] \S+ |-\S+ )*|\b\w+=\S* |-(?:exec|execdir|ok) |xargs (?:-\S+ )*|\b(?:ba|da|z)?sh -c ['"])(?:[\w.-]*\/)*/
/** Commands, with their subcommands, that change, end or write something. */
const NAMES = [
  /rm|rmdir|unlink|mv|cp|ln|mkdir|touch|chmod|chown|chgrp|kill(?! -[lL])|pkill|killall|dd|truncate|shred|mkfs\S*|mkswap|wipefs|install|tee|gzip|gunzip|bzip2|xz|zip|unzip(?! -\w*[lZtvp])|rename|useradd|userdel|usermod|adduser|deluser|passwd|groupadd|groupdel|crontab -[re]|history -[acdnrw]|reboot|shutdown|poweroff|mount [^\s|]\S*|umount|swapoff|sysctl -w|hostnamectl set-\S+|timedatectl set-\S+|(?:export|unset) KARO_\w+/,
  /ip (?:-\S+ )*(?:l|link|a|addr|address|r|ro|route|n|neigh|rule|netns) (?:set|add|del|delete|flush|change|replace|append)|iptables (?:-t \w+ )?-[ADIRFXPN]|ufw (?:enable|disable|allow|deny|reject|delete|reset)/,
  /scp|sftp|rsync(?! (?:-\S+ )*(?:-\w*n\w*|--dry-run|--list-only)\b)|wget(?! (?:-\S+ )*(?:--spider|-\w*O ?-(?= |$)))|curl (?:[^\s|;&]+ )*(?:-\w*o(?! ?\/dev\/null)|-\w*O|--output|--remote-name(?:-all)?|-T|--upload-file|-X ?(?:POST|PUT|PATCH|DELETE))|c?split(?= )|dos2unix|unix2dos|ssh-keygen(?! (?:-\S+ )*-\w*[lBFy])/,
  /(?:apt|apt-get|yum|dnf|brew|snap|pip|npm) (?:install|remove|upgrade|update|purge|uninstall|autoremove)/,
  /git (?:commit|push|pull|reset|checkout|switch|add|merge|rebase|cherry-pick|revert|clean(?! (?:-\S+ )*-\w*n)|rm|mv|restore|init|clone|stash(?! (?:list|show))|branch -[dDmM]|tag (?:-[adfsm]|[^\s-]\S*))/,
  /git config (?:--(?:global|local|system|worktree) )*(?:--(?:add|unset|unset-all|replace-all|remove-section|rename-section)|(?:set|unset|remove-section|rename-section) \S+|[\w-]+\.\S+ ["'$\w./~-]+)/,
  /docker (?:rm|rmi|run|stop|start|restart|kill|build|pull|push|prune|system prune|compose (?:up|down|rm|stop|start|restart|pull|build)|(?:builder|buildx|container|image|volume|network) (?:prune|rm|create|run|stop|start|restart|kill|build|pull|push|connect|disconnect))/,
  /systemctl (?:--\S+ )*(?:start|stop|restart|reload|enable|disable|mask|unmask|daemon-reload)|kubectl (?:apply|delete|scale|edit|create|drain|cordon|rollout (?:restart|undo))/,
]
/** Options and signs anywhere in a command that make it write. */
const ANYWHERE =
  /\s-delete\b|\bsed (?:-\S+ )*(?:-\w*i|--in-place)|\bperl (?:-\S+ )*-[a-z0-9]*i|\btar -?[a-z]*[cx]|(?<![<>&\d=-])>{1,2}(?![&(=]|\s*\/dev\/null)/
const CHANGES = new RegExp(
  `${START.source}(?:${NAMES.map(({ source }) => source).join('|')})(?![\\w])|${ANYWHERE.source}`,
)

/** Whether the request asks to see something and for nothing else. */
export const onlyLooks = (request: string): boolean =>
  LOOKS.test(request) && !WANTS.test(request.replace(LOOKS, ''))

/** Whether the command changes, ends or writes something. */
export const changesSomething = (command: string): boolean => CHANGES.test(command.replace(PROGRAM, "$1''"))
/** Programs of tools that only read; their signs are not the shell's. */
const PROGRAM = /(\b(?:[gmn]?awk|jq|yq|grep|egrep)(?: (?:-\S+|\w+=\S+))* )'[^']*'/g

/** A file at the end of a command, to which its output is written. */
const WRITTEN = /(?:>>?|\| tee(?: -a)?) ("[^"]*"|'[^']*'|[^\s'"]+)$/
/** Commands that print their own words and read no file. */
const READS_NOTHING = /^(?:echo|printf) /

/**
 * The command in a form that does not lose what it reads, as `sort a > a` does, because the shell empties the file before
 * the command reads it; undefined where there is no such form.
 */
export function withoutEmptying(command: string): string | undefined {
  const [end = '', target] = WRITTEN.exec(command) ?? []
  if (target === undefined || READS_NOTHING.test(command)) return command
  const before = command.slice(0, command.length - end.length)
  const place = placeOf(target)
  const read = before.match(/"[^"]*"|'[^']*'|[^\s'"()<>|;&]+/g) ?? []
  // If the file is there already, the pattern finds it too, and the shell has emptied it before the command reads it.
  if (read.some((word) => /^[^'"]*[*?[]/.test(word) && fits(place, placeOf(word)))) return undefined
  if (!read.some((word) => placeOf(word) === place)) return command
  const [, options, source = ''] =
    /^sort((?: -[bdfghinruV]+)*) ("[^"]*"|'[^']*'|[^\s'"]+) $/.exec(before) ?? []
  return options === undefined || !end.startsWith('> ') ? undefined : `sort${options} -o ${source} ${source}`
}

/** Whether the shell's pattern of a path may fit the path: a choice of characters is taken to fit. No star goes across a slash. */
const fits = (path: string, pattern: string): boolean => {
  const [names, patterns] = [path.split('/'), pattern.split('/')]
  return (
    /[[{]/.test(pattern) ||
    (names.length === patterns.length && patterns.every((one, place) => globMatcher(one)(names[place]!)))
  )
}

/** One spelling for the same file, as far as its words alone tell it. */
const placeOf = (word: string): string =>
  word
    .replace(/^(["'])(.*)\1$/, '$2')
    .replace(/^(?:\$HOME|\$\{HOME\})(?=\/|$)/, '~')
    .replace(/\/{2,}/g, '/')
    .replace(/\/\.(?=\/)/g, '')
    .replace(/^(?:\.\/|\$PWD\/)+/, '')

/** Words of commands that destroy or end something. */
const DESTROYS =
  /\b(?:delete|destroy|prune|drop|reset|clean|purge|--force|-delete)\b|\bfuser (?:-\S+ )*-\w*k|--remove-files\b|\b(?:[lp]v|vg)remove\b|\b(?:blkdiscard|dropdb|dropuser|deluser|groupdel|undefine|flushall|flushdb|unpublish|yank)\b|--zap-all\b|\bgit restore (?!--staged)/
/** Commands that do, anywhere in a line, also as an argument of a command that runs others. */
const DESTROYS_INSIDE =
  /(?:^|[\s;|&({"'`/])(?:rm|rmdir|shred|dd|mkfs\S*|kill|pkill|killall|truncate|userdel|shutdown|reboot|poweroff|wipefs|fdisk)(?![\w.-])/
const ASKS_IT = new Set(
  'delete kill stop discard force overwrite reset clean prune format shutdown restart wipe empty clear undo abort'
    .split(' ')
    .map(concept),
)

/** Whether the request may ask to destroy something. Some of the words mean other things too, as in `empty files`. */
export function wantsToDestroy(request: string): boolean {
  // Deleted files need no deletion.
  const said = concepts(request.replace(/\b(?!shred\b)\w+ed\b/gi, ' '))
  return said.some((word, i) => ASKS_IT.has(word) && said[i - 1] !== NOT)
}

/** Whether a command's words say that it destroys or ends something, also behind other commands and inside of arguments. */
export const isDestroying = (command: string): boolean =>
  DESTROYS.test(command) || DESTROYS_INSIDE.test(command)
