// karo share: shows and changes what a person consents to share; a change takes effect at once.
import {
  CHANGES,
  getPreview,
  getShare,
  letAnomalies,
  NAMED_CHANGES,
  stopAnomalies,
} from '../../../api/contract/operations/share.ts'
import { ANOMALY_CHOICES, SHARING_CATEGORIES, type SharingCategory } from '../../../trust/policy/types.ts'
import {
  type ArgumentWords,
  type Command,
  type CommandInput,
  defineCommand,
  type OptionWords,
  show,
} from '../../command.ts'
import { isUsedAlone } from '../../front/alone.ts'
import { NODE } from '../../input/at.ts'
import { parseSince, rfc3339 } from '../../input/time.ts'
import { given, oneNode } from '../../input/values.ts'
import { sharingView } from '../../views/share.ts'
import { previewView } from '../../views/share-preview.ts'

const who: ArgumentWords = {
  ...NODE,
  description:
    "one node (id, name, or fingerprint, also in groups of four); team:eng; role:lead; or '*' for every node whose trust level qualifies",
  completes: 'audience',
}

const category: OptionWords & { readonly repeat: true; readonly value: string } = {
  value: 'category',
  description: 'only this category of your numbers; may be given several times',
  choices: SHARING_CATEGORIES,
  repeat: true,
}

/** Signals of anomalies leave in no summary. */
const SUMMARISED = SHARING_CATEGORIES.filter((one) => one !== 'anomalies')

/** What both decisions about one node, team or role send. */
const deciding =
  (where: string) =>
  ({ args, options }: CommandInput) => ({
    body: {
      who: oneNode(args.who, where),
      categories: options.category as readonly SharingCategory[] | undefined,
    },
  })

const ALONE = `Nothing is shared: this node is used alone. No other machine can reach it, and it looks for none.
`

const showAll = defineCommand('share show', {
  summary: 'show which nodes may have which of your numbers now, and why',
  shows: getShare,
  view: async (sharing, io) => ((await isUsedAlone(io)) ? ALONE : sharingView(sharing, io)),
})

const preview = defineCommand('share preview', {
  summary: 'show the summaries of your numbers that would be sent now, exactly as recipients will read them',
  shows: getPreview,
  options: {
    to: {
      value: 'node',
      description: 'only what this node could read (its id, name or fingerprint)',
      completes: 'node',
    },
    role: {
      value: 'role',
      description:
        'only what nodes with this role could read, and the numbers that this machine contributes to totals for it',
      completes: 'role',
    },
    at: {
      value: 'time',
      description: 'with --role: a time in the period of the totals (default: the current period)',
    },
    category: {
      ...category,
      description: 'what would be sent if you allowed only this category; can be repeated',
      choices: SUMMARISED,
    },
  },
  examples: {
    'karo share preview': 'every period and who could read it',
    'karo share preview --to bob': 'only what bob could read',
    'karo share preview --role lead': 'what the leads of your teams can read',
    'karo share preview --role security':
      'the numbers that this machine will contribute to totals for security staff, and the two nodes that get them',
    'karo share preview --category tool_usage':
      'what karo share allow … --category tool_usage would give, before you decide',
  },
  ask({ options }) {
    const { to, role } = options
    const at = given(options.at, (text) => rfc3339(parseSince(text, Date.now(), '--at'), '--at'))
    const query = { to, role, category: options.category?.join(','), at }
    return { query }
  },
  view: previewView,
})

const allow = defineCommand('share allow', {
  summary: 'let a node, team or role have your numbers; while sharing is off, only this one',
  shows: NAMED_CHANGES.allow,
  args: { who },
  options: { category },
  examples: {
    'karo share allow bob': 'bob may ask this node for your numbers',
    'karo share allow team:eng': 'every node of that team may ask, even if an issuer adds it later',
    'karo share allow ash --category tool_usage': 'ash may have your tool usage and nothing else',
  },
  ask: deciding('karo share allow'),
  view: sharingView,
})

/** One decision under two names: `deny` is the counterpart of `allow`, and `stop` is the older name. */
const stopAs = (name: 'stop' | 'deny', summary: string): Command =>
  defineCommand(`share ${name}`, {
    summary,
    shows: NAMED_CHANGES.stop,
    args: { who },
    options: { category },
    examples: {
      [`karo share ${name} bob`]: "bob is refused, even if '*' or his team is allowed",
      [`karo share ${name} ash --category anomalies`]: 'ash still gets the other categories',
      [`karo share ${name} '*'`]:
        'withdraws all consent, also to be counted in totals (karo share reset undoes it)',
    },
    ask: deciding(`karo share ${name}`),
    view: sharingView,
  })

const stop = stopAs('stop', 'withdraw your consent; trust does not change')
const deny = stopAs('deny', 'the same as karo share stop')

const anomalies = defineCommand('share anomalies', {
  summary:
    'choose how anomalies are shared: not at all, only in totals of many nodes, or with this node’s name',
  shows: letAnomalies,
  args: {
    choice: {
      description:
        'off: not at all; anonymous: only in totals of many nodes; identified: also in answers of this node, to those you allowed, with the tools they are about if you share these too',
      choices: ANOMALY_CHOICES,
    },
  },
  examples: {
    'karo share anomalies identified':
      'nodes that you allowed see which kinds of anomaly this node had, how severe, in which hour, and about which tools if they may have your tool usage',
    'karo share anomalies off': 'nobody sees them, not even as part of a total',
  },
  async run(io, { args }) {
    const { choice } = args
    // To take back waits for nothing, so it is an operation of its own.
    const view = choice === 'off' ? io.call(stopAnomalies) : io.call(letAnomalies, { body: { choice } })
    return show(io, await view, sharingView)
  },
})

const off = defineCommand('share off', {
  summary: 'share nothing with anybody, until `karo share on` or `karo share allow`',
  shows: CHANGES.off,
  view: sharingView,
})

const on = defineCommand('share on', {
  summary: 'share again what you had agreed to before `karo share off`',
  shows: CHANGES.on,
  view: sharingView,
})

const reset = defineCommand('share reset', {
  summary: 'decide what config.toml says; by default that counts you in totals',
  shows: CHANGES.reset,
  view: sharingView,
})

export const commands = [showAll, preview, allow, stop, deny, anomalies, off, on, reset]
