// One rule for the many tools that nobody has described: a sub-command that deletes, destroys, purges, revokes or unsets.

import { INERT, MANAGERS, RULED } from '../carriers/carried.ts'
import { INTERPRETER_NAMES, SHELLS, wrapperOf } from '../carriers/wrappers.ts'
import { tries } from '../forms.ts'
import { names, remembered, words } from '../lookup.ts'
import type { Arg, SimpleCommand } from '../model.ts'
import { EDITORS } from '../writes/scripts.ts'
import { ONLY_READ } from '../writes/tools.ts'
import type { Rule } from './rule.ts'

/** Verbs that lose what they are given, whatever the tool. */
const LOSES = words(
  'delete del destroy purge wipe erase revoke unset terminate drop obliterate deprovision decommission undeploy unpublish nuke expunge teardown annihilate implode zap',
)
/** Verbs that lose less, or that package managers and the like use for what can be had again. */
const REMOVES = words(
  'remove rm rb prune reset flush clear truncate empty uninstall deregister unregister leave rollback roll rotate untag unlink unassign detach disassociate undefine kill killall disable forget deactivate suspend evict failover',
)
/** Verbs that say nothing alone, and interrupt or replace what a service keeps for others if the line names it. */
const CHANGES = words(
  'archive cancel abort activate expire invalidate drain cordon promote demote swap void refund transfer restore overwrite replace revert stop shutdown reboot resolve',
)
const VERBS = [...LOSES, ...REMOVES, ...CHANGES]
const ANY = new RegExp(VERBS.join('|'))
/** Parts of words: no line has such a verb without one of them. Computed when asked for, as `karo check` does not need them. */
export const verbParts = (): readonly string[] =>
  VERBS.filter((verb) => !VERBS.some((other) => other !== verb && verb.includes(other)))

/** A word that is such a verb, alone or as a part: `delete`, `apps:destroy`, `delete-job`, `deleteJob`, `stream_delete`. */
const wordOf = (verbs: readonly string[]) =>
  new RegExp(
    `^(?:[a-z][\\w-]*[:.])*(?:do)?(?:${verbs.join('|')})(?:[-:_][a-z][\\w-]*|[A-Z]\\w*)?$|^[a-z][\\w-]*[-_](?:${verbs.join('|')})$`,
  )
const HARD = wordOf(LOSES)
const SOFT = wordOf(REMOVES)
const WEAK = wordOf(CHANGES)

const THINGS = words(`
  accounts? acls? backends? dictionary dictionaries incidents? snippets? agents? alerts? aliases apis? applications? apps? artifacts? backups? blobs? brokers? buckets?
  catalogs? certificates? channels? clusters? collections? compute configs? consumers? containers? contexts?
  coupons? credentials? customers? dashboards? data-?streams? databases? datasets? db deployments? devices?
  directory disks? distributions? domains? drives? endpoints? env environments? exchanges? experiments?
  features? file-?systems? flags? functions? gateways? groups? hooks? hosts? identities identity images? index
  indexes indices instances? integrations? invoices? jobs? keys? keyspaces? kv libraries listeners? 
  load-?balancers? load_?balancers? locations?  machines? mailbox mailboxes members? merchant_accounts?
  models? monitors? namespaces? nodegroups? nodes? objects? organi[sz]ations? orgs? packages?
  payment_?intents? pipelines? plans? plugins? policies policy pools? prices? products? profiles? projects?
  providers? queues? realms? record-sets? records? registries registry releases? replicas? repos? repositories
  repository resources? roles? rollouts? routes? rules? runners?  schedules? schemas? scripts? secrets?
  segments? servers? services? shares? silences? sinks? sites? slos? snapshots? sources? stacks? storage stores?
  streams? subscriptions? synonyms? synthetics? tables? tasks? teams? templates? tenant tenants? toggles?
  topics? trails? triggers? tunnels? upstreams? users? variables? vaults? vhosts? views? vms? volumes?
  waf web_?acls? webhooks? workers? workflows? workspaces? zones?
`)
/** What a service keeps for others, which no other command of the tool brings back. */
export const KEPT = new RegExp(`(?:^|[-:_])(?:${THINGS.join('|')})$`, 'i')

/** Other tools without sub-commands, or whose own rules are complete. */
const OTHERS = names(`
  ${RULED}
  dd truncate xargs find fd parallel screen source ping psql mysql sqlite3 mongosh redis-cli awk gawk javac gcc cc zstyle setopt
  unsetopt bindkey crontab ssh-keygen ssh-add gpg openssl passwd usermod useradd set_color functions emit wait
`)
const SPEAKS = names('gh glab hub ollama')
/** Verbs that mean a whole thing, whatever the line names. */
const WHOLE = wordOf(words('destroy obliterate nuke annihilate decommission terminate teardown'))
/** Options that lose what they are given, for tools without sub-commands: `--purge`, `--delete-all`. */
const OPTION =
  /^--(?:(?:force|full|pool)-)?(?:delete|destroy|purge|wipe|erase|nuke|obliterate|drop|zap|revoke|remove|factory-reset)(-(?:all|everything|data|older-than|old))?$/
/** Clients of clouds: their own rules say what is lost; what they detach, disable or reset is told by these verbs. */
const CLOUDS = names('gcloud az aws')
/** Things that a tool fetches or makes again after it removed them. */
const FETCHED = /(?:^|[-:_])(?:packages?|images?|templates?)$/
/** Verbs that only look. */
const READS = /^(?:list|ls|show|get|describe|view|status|info)$/

/** Words that may be the path of a sub-command: the first five, up to one that is no plain word. */
const MOST_WORDS = 5

interface Found {
  readonly arg: Arg
  readonly isKept: boolean
}

const WITH_RULES = [OTHERS, INERT, ONLY_READ, SHELLS, EDITORS]
const hasOwnRules = remembered(
  (name) =>
    WITH_RULES.some((one) => one.has(name)) ||
    wrapperOf(name) !== undefined ||
    INTERPRETER_NAMES.includes(name),
)

/** Whether the tool's words may be sub-commands. */
export const hasVerbs = (name: string): boolean => name !== '' && (!hasOwnRules(name) || SPEAKS.has(name))

/** The verb of the tool that loses something, with whether the line names a thing that others use. */
function losing({ name, args, isOwn }: SimpleCommand): Found | undefined {
  if (isOwn || !hasVerbs(name)) return undefined
  let seen = 0
  const path: string[] = []
  // The verb may be in the tool's own name: `lxc-destroy web`.
  let found = HARD.test(name) ? args[0] : undefined
  let isHard = false
  let isWeak = false
  let option: Found | undefined
  for (const [i, arg] of args.entries()) {
    const { text } = arg
    // `-n NAME` behind the verb names a thing; elsewhere `-n` is a trial.
    const isNamed = text === '-n' && found !== undefined && /^[^-]/.test(args[i + 1]?.text ?? '-')
    if ((!isNamed && tries(name, text)) || text === 'cache') return undefined
    if (text[0] === '-') {
      const lost = OPTION.exec(text)
      if (lost !== null && !MANAGERS.has(name))
        option ??= { arg, isKept: lost[1] === '-all' && !/remove/.test(text) }
      continue
    }
    if (seen++ >= MOST_WORDS || !/^[a-z][\w:.-]*$/i.test(text)) {
      if (found === undefined && seen > MOST_WORDS) return option
      continue
    }
    if (found !== undefined) {
      // A kind of thing may be named after a verb: `failover-group list`.
      if (READS.test(text) && /[-:_]/.test(found.text)) return undefined
      if (path.at(-1) === found.text) path.push(text)
      continue
    }
    path.push(text)
    // `mytool rm -rf x` may run rm, which is judged as such.
    if (text === 'rm' && /^-\w*[rR]/.test(args[args.indexOf(arg) + 1]?.text ?? '')) return undefined
    if (!ANY.test(text)) continue
    const isManager = MANAGERS.has(name)
    const isCloud = CLOUDS.has(name) && path[0] !== 'config' && path.some((word) => KEPT.test(word))
    if (HARD.test(text) || (SOFT.test(text) && (!isManager || isCloud)) || (WEAK.test(text) && !isManager)) {
      found = arg
      isWeak = WEAK.test(text)
      isHard = HARD.test(text) || /^(?:rm|rb|remove|reset|flush|truncate|clear|empty|uninstall)$/.test(text)
    }
  }
  if (found === undefined) return option
  const isLost = HARD.test(found.text)
  const namesKept = path.some(
    (word) => (KEPT.test(word) || KEPT.test(word.replace(HARD, ''))) && (isLost || !FETCHED.test(word)),
  )
  const isAll = isHard && path.length === 1 && args.some(({ text }) => text === '--all')
  const isWhole = !MANAGERS.has(name) && (WHOLE.test(found.text) || isAll)
  return isWeak && !namesKept ? undefined : { arg: found, isKept: isWhole || (isHard && namesKept) }
}

/** The beginning of a statement that loses something, as a word or as the value of an option. */
const BEGINS_STATEMENT = /^(?:--\w+=)?\s{0,9}(?:drop|truncate|delete) /i

/** Whether a line of plain words may have such a verb behind its tool. */
export const mayLose = (line: string): boolean => ANY.test(line)

/** Whether the command has such a verb; most commands have no word like it. */
export const namesLosing = ({ name, args }: SimpleCommand): boolean =>
  hasVerbs(name) &&
  (HARD.test(name) ||
    args.some(({ text }) => ANY.test(text) || (text.includes(' ') && BEGINS_STATEMENT.test(text))))

/** A method of code whose name begins with such a verb: `.deleteIndex(`, `->drop_table "x"`. What is assigned is no call. */
const METHOD =
  /(?:\.|->)(?:delete|drop|destroy|purge|clear|terminate)_?([a-z]\w*)(?:\s*\(|(?=\s*(?:;|$))|\s(?!\s*=(?!=)))/gi

/** Whether the code calls a method that loses what a service keeps for others; each word of its name counts. */
const callsLosing = (code: string): boolean =>
  [...code.matchAll(METHOD)].some(([, rest = '']) =>
    rest.split(/_|(?<=[a-z])(?=[A-Z])/).some((word) => KEPT.test(word) || /^objects?$/i.test(word)),
  )

/** What stops a machine of QEMU, in JSON or in words, and what takes a server of HAProxy out of service. */
const SOCKET_STOPS =
  /"execute"\s*:\s*"(?:quit|system_powerdown|system_reset)"|^\s*system_(?:powerdown|reset)\b|\bstate\s+(?:maint|drain)\b/

const loses =
  (isKept: boolean): Rule['when'] =>
  (c) => {
    const found = losing(c)
    return found?.isKept === isKept ? [found.arg] : undefined
  }

export const VERB_RULES: readonly Rule[] = [
  {
    id: 'code-destroys',
    level: 'high',
    why: 'Runs code that deletes something that a service keeps for everybody who uses it.',
    tools: INTERPRETER_NAMES,
    when: (c) => {
      const found = c.args.filter(({ text }) => callsLosing(text))
      // With no file to run, an interpreter runs what it is given to read.
      const reads = c.args.every(({ text }) => text.startsWith('-'))
      return found.length > 0 ? found : reads && callsLosing(c.input.text ?? '')
    },
    example: 'node -e "client.deleteIndex(\'prod\')"',
    yields: true,
  },
  {
    id: 'socket-stops',
    level: 'moderate',
    given: 'high',
    why: 'Tells a service over its control socket to stop, delete or disable something.',
    tools: ['socat', 'nc', 'ncat'],
    when: ({ args, input }) =>
      args.filter(
        ({ text }) =>
          /\.sock\b|\.socket\b/.test(text) &&
          (input.text ?? '').split(/[\n;]/).some((line) => {
            if (SOCKET_STOPS.test(line) || (/qemu|qmp|mon/i.test(text) && /^\s*quit\b/.test(line)))
              return true
            const first = /^\s*([a-z]+)\b/i.exec(line)?.[1]?.toLowerCase() ?? ''
            return first === 'shutdown' || first === 'stop' || HARD.test(first) || SOFT.test(first)
          }),
      ),
    example: "echo 'disable server web/1' | socat stdio /run/haproxy.sock",
  },
  {
    id: 'verb-destroys',
    level: 'high',
    why: 'Deletes something that a service keeps for everybody who uses it.',
    tools: ['*'],
    when: loses(true),
    example: 'anytool projects delete web',
    yields: true,
  },
  {
    id: 'verb-removes',
    level: 'moderate',
    given: 'high',
    why: 'Deletes, revokes or resets something, by the name of the sub-command.',
    tools: ['*'],
    when: loses(false),
    example: 'anytool token revoke x',
    yields: true,
  },
]
