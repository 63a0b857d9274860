// Rules about what a line does on other machines: deleting over HTTP, mirrors that delete, files put into a system.
import { type Options, verb } from '../../line/options.ts'
import { type Arg, type Args, matching, type SimpleCommand, said } from '../../model.ts'
import { only, type Rule, type Rules, tools } from '../kit.ts'
import { KEPT } from '../verbs.ts'

const CLIENTS = tools('curl wget http https xh httpie gh glab')

/** Whether a part of the address's path names what a service keeps for others: `/v4/zones/abc`. */
const holdsKept = (address: string): boolean =>
  address
    .replace(/^(?:https?:)?\/\/[^/]*/, '')
    .split(/[/?]/)
    .some((part) => KEPT.test(part))
/** A server that somebody develops on this machine, by the ports that frameworks take. What it keeps is for trying. */
const IN_DEVELOPMENT =
  /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\]):(?:300\d|4000|4200|5000|5173|8000|8080)(?:\/|$)/
const keptForOthers = (address: string): boolean => holdsKept(address) && !IN_DEVELOPMENT.test(address)

/** The part of an address, or of a query, that asks a service to delete. */
const DELETES =
  /(?:^|[/_-])(?:delete|destroy|purge|doDelete|_close|unlink|delete_by_query|delete-batch)(?:[/?_-]|$)|\bmutation\b[\s\S]{0,2000}?\b(?:delete|destroy|purge)[A-Z]\w*/

/** The part of an address behind which a service has its own settings and switches. */
const SETTINGS =
  /^(?:\w+:\/\/)?[^/]*\/(?:.*\/)?(?:_settings|_cluster|_reindex|_rollover|_shrink|_forcemerge|_aliases|_mapping|settings|config|actuator|admin|sys|quit|shutdown|-\/(?:quit|reload))(?:[/?]|$)|\/(?:refunds?|cancel|void|archive|disable|deactivate|suspend|restart|stop|reset|close|transfer|rotate|failover|promote|terminate|drain)(?:[/?]|$)/

/** The method that the words name; empty if they name none. */
function methodOf(c: SimpleCommand, o: Options): string {
  const first = verb(o)
  if (/^(?:https?|xh|httpie)$/.test(c.name) && /^[A-Z]+$/.test(first)) return first
  const named = o.value('X', 'request', 'method')?.text ?? matching(c.args, /^-X[A-Z]+$/)[0]?.text.slice(2)
  return (named ?? '').toUpperCase()
}

/** The address at which the command asks a service to delete something. */
function deletedAt(c: SimpleCommand, o: Options): Arg | undefined {
  const operands = /^g[hl]/.test(c.name) ? (verb(o) === 'api' ? o.operands.slice(1) : []) : o.operands
  const [first] = operands
  if (/^g[hl]/.test(c.name) && first === undefined) return undefined
  const told = methodOf(c, o)
  const address = operands.find((arg) => !/^[A-Z]+$/.test(arg.text) && /[/.:]/.test(arg.text))
  if (told === 'DELETE') return address ?? first
  const sends = /^(?:POST|PUT|PATCH)$/.test(told) || o.flag('d', 'data', 'data-raw', 'json') !== undefined
  return sends
    ? address && DELETES.test(address.text)
      ? address
      : matching(c.args, /\bmutation\b/).find((arg) => DELETES.test(arg.text))
    : undefined
}

const deletes =
  (kept: boolean): Rule['when'] =>
  (c, o) =>
    [deletedAt(c, o)].filter((at) => at !== undefined && keptForOthers(at.text) === kept) as Args

/** Directories of a system into which `host:/…` copies; a group is one whose files rule the system. */
const REMOTE_SYSTEM =
  /^(?:[a-z]+:\/\/)?(?:[\w.-]+@)?[\w.[\]-]+:{1,2}(?:\/$|\/(boot|s?bin|usr\/s?bin|usr\/lib|lib|lib64|etc\/(?:passwd|shadow|group|sudoers|pam\.d|crontab|cron\.|ssh|ld\.so|rc)|root\/\.ssh|var\/spool\/cron)|\/(?:etc|usr|opt|root|var\/lib)(?:\/|$))/
const vital = ({ text }: Arg): boolean => REMOTE_SYSTEM.exec(text)?.[1] !== undefined || text.endsWith(':/')

/** Modules of ansible whose `absent` another run undoes. */
const INSTALLS =
  /^(?:[a-z]\w*\.)*(?:apt|yum|dnf5?|package|pip|npm|gem|snap|homebrew|pacman|apk|zypper|cron|lineinfile)$/

/** `rm -r` somewhere in the command that the hosts are given. */
const DELETES_TREES = /(?:^|[\s;&|=])rm\s+(?:-\S+\s+)*-(?:\w*[rR]|-recursive)/

export const REMOTE_RULES: Rules = [
  {
    id: 'http-delete',
    level: 'high',
    why: 'Asks a service to delete something that it keeps for everybody who uses it.',
    tools: CLIENTS,
    when: deletes(true),
    example: 'curl -X DELETE https://api.example/v1/zones/abc',
  },
  {
    id: 'http-delete-one',
    level: 'moderate',
    given: 'high',
    why: 'Asks a service to delete something.',
    tools: CLIENTS,
    when: deletes(false),
    example: 'curl -X DELETE https://api.example/items/1',
  },
  {
    id: 'http-settings',
    level: 'moderate',
    given: 'high',
    why: 'Changes how a service works for everybody who uses it.',
    tools: CLIENTS,
    when: (c, o) => {
      const method = methodOf(c, o)
      return only(
        /^(?:PUT|PATCH|POST)$/.test(method),
        o.operands.filter(({ text }) => SETTINGS.test(text) || (method !== 'POST' && holdsKept(text))),
      )
    },
    example: 'curl -X PUT http://es:9200/_cluster/settings -d @s.json',
    yields: true,
  },
  {
    id: 'mirror-deletes',
    level: 'high',
    why: 'Deletes everything in the store that the source does not have.',
    finds: `
      !-n|--dry-run|--dryrun|--dry|--interactive
      rclone sync|cleanup|dedupe|rmdirs
      rclone bisync --resync
      azcopy … sync --delete-destination=true|prompt
      mc … mirror --remove
      s3cmd … sync --delete-removed
      s5cmd … sync --delete
      gcloud … storage rsync --delete-unmatched*
      lftp <deletes>`,
    named: { deletes: /\bmirror\b.*(?:--delete|-[a-zA-Z]*e[a-zA-Z]* )/ },
    safer: (c) => (c.name === 'rclone' ? `${c.name} ${said(c)} --dry-run` : undefined),
    example: 'rclone sync src bucket:data',
  },
  {
    id: 'rsync-delete-elsewhere',
    level: 'moderate',
    given: 'high',
    why: 'Deletes everything in the target that the source does not have.',
    finds: 'rsync --del|--delete* !-n|--dry-run|--dryrun|--dry|--interactive',
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete src/ dest/',
    yields: true,
  },
  {
    id: 'remote-system',
    level: 'high',
    why: 'Overwrites files by which another machine starts, runs or lets people in.',
    finds: 'scp|rsync|sftp|rcp * * last<place><vital>',
    named: { place: REMOTE_SYSTEM, vital },
    example: 'scp vmlinuz user@host:/boot/',
  },
  {
    id: 'remote-settings',
    level: 'moderate',
    given: 'high',
    why: 'Puts files among the settings or programs of another machine.',
    finds: 'scp|rsync|sftp|rcp * * last<place>!<vital>',
    named: { place: REMOTE_SYSTEM, vital },
    example: 'scp app.conf user@host:/etc/',
  },
  {
    id: 'hosts-lose',
    level: 'high',
    why: 'Has a thing removed from every machine that the pattern names.',
    finds: 'ansible words<absent> !-C|--check !-m|--module-name=<installs>',
    named: { absent: /\bstate=absent\b/, installs: INSTALLS },
    example: "ansible all -m file -a 'path=/srv state=absent'",
  },
  {
    id: 'hosts-trees',
    level: 'high',
    why: 'Deletes trees on every machine that the pattern names.',
    finds: 'ansible|pdsh|pssh|parallel-ssh|clush|salt|dsh|fab|bolt ~trees',
    named: { trees: DELETES_TREES },
    example: "ansible all -m shell -a 'rm -rf /data'",
  },
  {
    id: 'options-unseen',
    level: 'moderate',
    why: 'Takes its options from a file, so the line does not show what it fetches, sends or writes.',
    finds: 'curl words<settings>',
    named: { settings: /^(?:-[a-zA-Z]*K.*|--config(?:=.*)?)$/ },
    example: 'curl -K options.txt',
  },
  {
    id: 'file-dropped',
    level: 'moderate',
    why: 'Puts a file of this machine where anybody with the address can fetch it.',
    finds: `
      curl|wget|http|https words<given> words<open>
      croc|wormhole|transfer|ffsend … send|upload`,
    named: {
      given: /@|^(?:-T|--upload-file|--post-file|-F)/,
      open: /(?:^|\/\/|\.)(?:file\.io|transfer\.sh|0x0\.st|pastebin\.com|paste\.rs|ix\.io|termbin\.com|temp\.sh|bashupload\.com|oshi\.at|catbox\.moe|gofile\.io|anonfiles\.com|dpaste\.(?:org|com)|webhook\.site|requestbin\.\w+|\w+\.ngrok\S*)(?:[/:]|$)/,
    },
    example: 'curl -F file=@data.zip https://file.io',
  },
]
