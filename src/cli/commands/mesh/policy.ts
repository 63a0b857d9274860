// karo policy: shows the role policies in force, their decision about a request and about a node, and tests policy
// files.
import { BUCKET_LENGTHS } from '../../../../protocols/buckets.ts'
import { AUDIENCES_MAX, NOISE_MAX } from '../../../../protocols/messages/aggregate.ts'
import { checkPolicy, explainPolicy, getPolicy, takeBundle } from '../../../api/contract/operations/policy.ts'
import { TRUST_LEVELS } from '../../../base/words/trust-levels.ts'
import { ACTIONS, SHARING_CATEGORIES } from '../../../trust/policy/types.ts'
import { checkedLabels } from '../../input/labels.ts'
import { ROOT_OPTIONS } from '../../input/root-key.ts'
import { defineCommand, EXIT, NODE, show, usage, whole } from '../../kit.ts'
import { checkView, explanationView, organisationView, policyView } from '../../views/policy.ts'

const action = {
  value: 'action',
  description: 'what is asked',
  choices: ACTIONS,
  default: 'query.tool_usage',
} as const
const level = {
  value: 'level',
  description: '1: single nodes; 2: totals',
  choices: ['1', '2'],
  reads: (text: string) => Number(text) as 1 | 2,
} as const
const category = {
  value: 'category',
  description: 'category of the data, for summary.receive; a question implies its category',
  choices: SHARING_CATEGORIES,
} as const

const showAll = defineCommand('policy show', {
  summary:
    'show the role policies in force: their files, since when they are in force, and files that could not be used',
  shows: getPolicy,
  view: policyView,
})

const check = defineCommand('policy check', {
  summary: 'show what the role policies say about a request, and by which rule; exits with 4 if they deny it',
  shows: checkPolicy,
  options: {
    as: {
      value: 'who',
      description: 'a role or team of the asker: role:security, team:eng',
      repeat: true,
    },
    action,
    level,
    category,
    trust: { value: 'level', description: 'how far the asker is trusted', choices: TRUST_LEVELS },
    at: { value: 'time', description: 'when: 22:30, sat 22:30 or RFC 3339; default is now' },
    'range-hours': {
      value: 'hours',
      reads: whole(0, 87_600),
      description: 'length of the time asked about; default is 24',
    },
    file: {
      value: 'file',
      description: 'use this policy file instead of those in force; needs no node',
      repeat: true,
    },
    team: {
      value: 'team',
      needs: 'file',
      description: 'a team that the answering node is in',
      repeat: true,
    },
  },
  examples: {
    'karo policy check --as role:security --level 2':
      'whether the role security may have totals of tool usage',
    'karo policy check --as role:lead --as team:eng --action query.safety_posture --file new.cedar --team eng':
      'tries a file before it is put into force',
  },
  async run(io, { options }) {
    const { as = [], trust, at, file, team } = options
    const supposed = {
      as,
      action: options.action,
      category: options.category,
      trust,
      at,
      level: options.level,
      range_hours: options['range-hours'],
    }
    const { checkLocally } = await import('../../policy/local.ts')
    const answer =
      file === undefined
        ? await io.call(checkPolicy, { query: { ...supposed, as: as.join(',') } })
        : await checkLocally(io, file, team, supposed)
    show(io, answer, checkView)
    return answer.effect === 'allow' ? EXIT.done : EXIT.refused
  },
})

const explain = defineCommand('policy explain', {
  summary: 'show which of your numbers a node, or an operator on it, may have, and by which rule',
  shows: explainPolicy,
  args: {
    who: {
      ...NODE,
      description: 'one node, or with --via one operator: id, name, or fingerprint, also in groups of four',
    },
  },
  options: {
    via: {
      value: 'node',
      description: 'the argument is an operator who asks through this node',
    },
    action,
    level,
    category,
  },
  examples: {
    'karo policy explain ash': 'whether ash may ask for your tool usage, and why',
    'karo policy explain carol --via desk': 'the same for the operator carol, logged in on desk',
  },
  view: explanationView,
})

const test = defineCommand('policy test', {
  summary: 'compare what policies say with what a file expects; exits with 1 if they differ; needs no node',
  args: {
    file: {
      description: 'expectations in TOML: [[test]] with as, allow and deny (docs/policy.md)',
    },
  },
  json: 'one document: policies, warnings, and outcomes with line, as, action, expected, decision and holds',
  async run(io, { args }) {
    const { tryExpectations } = await import('../../policy/local.ts')
    const { triedView } = await import('../../views/policy.ts')
    const tried = await tryExpectations(io, args.file)
    show(io, tried, (one, screen) => triedView(one, args.file, screen))
    return tried.outcomes.every(({ holds }) => holds) ? EXIT.done : EXIT.failed
  },
})

/** Roles that get totals, each once. Throws KaroError `bad_request` for what is no role's name or too many. */
function audiencesOf(roles: readonly string[]): readonly string[] {
  const unique = [...new Set(roles.map((role) => role.trim()))].sort()
  if (unique.length > AUDIENCES_MAX) throw usage(`totals go to at most ${AUDIENCES_MAX} roles`, '--audience')
  return checkedLabels('role', unique, '--audience')
}

const sign = defineCommand('policy sign', {
  summary: 'sign rules for every node of the mesh with the root key; a new bundle replaces the last one',
  shows: takeBundle,
  args: {
    file: {
      optional: true,
      variadic: true,
      description:
        'Cedar files; other nodes apply their forbid rules, and their permit rules where policy.accept_org is full',
    },
  },
  options: {
    'max-level': {
      ...level,
      value: 'level',
      description: 'the highest level that nodes give',
      choices: ['0', '1', '2'],
      reads: (text: string) => Number(text) as 0 | 1 | 2,
    },
    'k-min': {
      value: 'nodes',
      reads: whole(3, 1_000),
      description: 'the smallest number of nodes in a total, 3 to 1000',
    },
    aggregator: {
      value: 'node[=operator]',
      description:
        'a node that computes totals, and who runs it (default: what its certificate says); each of another operator',
      repeat: true,
      completes: 'node',
    },
    bucket: {
      value: 'length',
      description: 'the period of one total (default: a day); hours need --noise',
      choices: BUCKET_LENGTHS,
    },
    noise: {
      value: 'size',
      reads: whole(0, NOISE_MAX),
      description:
        'noise in totals that hides so many of each number of one machine, 0 (none) to 1000 (default: 10 from 200 machines on)',
    },
    audience: {
      value: 'role',
      description: 'a role that gets totals (default: security and admin)',
      repeat: true,
    },
    none: 'replace the last bundle by one that forbids nothing',
    ...ROOT_OPTIONS,
  },
  examples: {
    'karo policy sign nights.cedar --max-level 1 --root-key /mnt/usb/karo-root.key':
      'on any certified node; connected members get it within seconds',
  },
  async run(io, { args, options }) {
    const terms = {
      files: args.file,
      maxLevel: options['max-level'],
      k: options['k-min'],
      aggregators: options.aggregator ?? [],
      bucket: options.bucket,
      noise: options.noise,
      audiences: audiencesOf(options.audience ?? []),
    }
    const asks = Object.values(terms)
      .flat()
      .some((one) => one !== undefined)
    if (asks === (options.none === true))
      throw usage(
        asks ? '--none cannot be combined with other options' : 'the bundle would be empty',
        'karo policy sign',
        'Name Cedar files or options (karo help policy sign); --none replaces the last bundle by an empty one.',
      )
    // Without noise a machine gives to 28 hours of any seven days (sharing.budget), and each machine to other ones.
    if (options.bucket === 'hour' && (terms.noise ?? 0) < 10)
      throw usage(
        'totals of each hour need noise',
        '--bucket',
        'Add --noise 10 or more; a small fleet, whose numbers that would hide, takes --bucket 6h.',
      )
    const { signBundle } = await import('../../policy/bundle.ts')
    const answer = await signBundle(io, { ...terms, keepsSettings: !options.none }, options)
    return show(io, answer, ({ organisation }, screen) => organisationView(organisation, screen))
  },
})

export const commands = [showAll, check, explain, test, sign]
