// Schemas of what decides who may have what: /policy.
import * as z from 'zod'
import { BUCKET_LENGTHS } from '../../../../protocols/buckets.ts'
import {
  BUNDLE_POLICIES_BYTES,
  FORMER_MAX,
  SETTING_BYTES,
  SETTINGS_MAX,
} from '../../../../protocols/messages/policy.ts'
import { ACTIONS } from '../../../trust/policy/index.ts'
import {
  count,
  digest,
  flag,
  frameText,
  level,
  listOf,
  moment,
  named,
  nodeId,
  nodeRef,
  oneOf,
  rowsOf,
  sharingCategory,
  text,
  timeRange,
  who,
  whole,
} from './fields.ts'

const LABELS_MAX = 32

const aggregators = (description: string) =>
  rowsOf(8, { node_id: nodeId(), operator: text(64, 'who runs it') }, description)

const organisation = named(
  'PolicyBundle',
  {
    number: count('of the bundle in force'),
    signed_at: moment('when the root signed it'),
    lost: moment(
      'when another one was signed that held here, and that was not known where this one was signed: what it alone said is lost; null: none, or the node was started since',
    ).nullable(),
    policies: count('that stand in it'),
    text: text(BUNDLE_POLICIES_BYTES, 'the policies, in Cedar'),
    max_level: whole(0, 2).nullable().describe('the highest level that nodes give; null: not said'),
    k_min: count('nodes are in no total of fewer nodes; null: not said').nullable(),
    settings: rowsOf(
      SETTINGS_MAX,
      {
        key: text(64, 'of the configuration'),
        value: text(SETTING_BYTES, 'of the bundle'),
        here: text(
          SETTING_BYTES,
          'the value in force here; of guard.rules and ask.knowledge in words, because the file of the machine and the text of the fleet both hold',
        ),
        source: text(4096, 'where that came from'),
        followed: flag('false: policy.follow leaves it out here'),
      },
      'settings of every node; of this and the own value the stricter is in force',
    ),
    totals: z
      .strictObject({
        aggregators: aggregators('nodes that compute totals'),
        bucket: oneOf(BUCKET_LENGTHS, 'what one total is about'),
        first: timeRange
          .nullable()
          .describe('what the first total is about; null: nobody said when they began'),
        noise: count(
          'scale of the noise in totals: so many of each number of one machine it hides; null: not said, 10 in totals of at least 200 machines',
        ).nullable(),
        audiences: listOf(text(64, 'a role'), 8, 'roles that get totals'),
        former: rowsOf(
          FORMER_MAX,
          {
            until: moment('when others followed'),
            aggregators: aggregators('nodes that computed totals then'),
            bucket: oneOf(BUCKET_LENGTHS, 'what one total was about'),
          },
          'who computed totals before, oldest first: what they released of that time still counts',
        ),
      })
      .describe('how totals of the mesh are computed'),
    accepts: oneOf(['restrict', 'full'], 'policy.accept_org of this node'),
    problem: text(4096, 'why a newer bundle is not in force').nullable(),
  },
  'What the root of the mesh asks of the policy of every node.',
)

export const bundleBody = z.strictObject({
  bundle: frameText(70_000, 'policy bundle that the root signed: the frame in base64url'),
})
export const bundleKept = named('BundleKept', {
  bundle: bundleBody.shape.bundle.nullable().describe('null: none came here'),
})
export const bundleTaken = named('BundleTaken', { organisation: organisation.nullable() })

export const policyView = named(
  'Policy',
  {
    engine: oneOf(['built-in', 'cedar'], 'built-in: the role table; cedar: the files'),
    files: rowsOf(
      64,
      {
        path: text(4096, 'absolute'),
        policies: count('that stand in it'),
        digest: digest('of its bytes'),
      },
      'in force',
    ),
    warnings: listOf(text(4096, 'file, line, column and what is odd there'), 1_000),
    loaded_at: moment('when they came into force'),
    roles: rowsOf(
      32,
      {
        role: text(64, 'a role; every member has the rows of individual, and a role adds to them'),
        level: level('1: numbers of single nodes; 2: totals'),
        categories: listOf(sharingCategory(), 8),
        from: oneOf(['any', 'team'], 'team: nodes of a team that the asker is in'),
      },
      'the role table, where it is in force: empty with policy files, which replace it',
    ),
    teams: listOf(text(64, 'a team'), LABELS_MAX, 'that this node is in'),
    problem: text(4096, 'why what the files say now is not in force').nullable(),
    organisation: organisation.nullable().describe('the policy bundle of the mesh; null: none came here'),
  },
  'The role policies in force.',
)
export type PolicyShape = z.infer<typeof policyView>

const decision = {
  effect: z.enum(['allow', 'deny', 'withhold']),
  rule: text(128, 'the rule that decided'),
  reason: text(4096, 'for people'),
}

export const policyCheck = named(
  'PolicyCheck',
  {
    ...decision,
    engine: z.enum(['built-in', 'cedar']),
    action: z.enum(ACTIONS),
    level: level('asked for'),
    category: sharingCategory().nullable(),
  },
  'The decision of the role policies about a hypothetical request.',
)
export type PolicyCheckShape = z.infer<typeof policyCheck>

export const policyCheckQuery = z.strictObject({
  as: text(2_048, 'roles and teams, `role:security,team:eng`').default(''),
  action: text(64, 'such as `query.tool_usage`'),
  level: whole(1, 2, '2 for a supervisor, else 1, unless said').exactOptional(),
  category: sharingCategory().exactOptional(),
  trust: text(32, 'the trust level; peer unless said').exactOptional(),
  at: text(40, '`22:30`, `sat 22:30` or RFC 3339; now unless said').exactOptional(),
  range_hours: count('of the time asked about; 24 unless said').exactOptional(),
})

const asOperator = z.strictObject({
  ...nodeRef.shape,
  certificate: z
    .strictObject({
      state: z.enum(['valid', 'expired', 'revoked', 'void']),
      issuer: nodeRef.describe('who signed it'),
      ends_at: moment('until when it holds'),
    })
    .describe('the newest one that came here'),
  limit: z
    .strictObject({ questions: count('at once'), per_seconds: count('in which as many come back') })
    .describe('of this operator here, through all nodes together'),
})

export const policyExplanation = named(
  'PolicyExplanation',
  {
    node: nodeRef,
    operator: asOperator.nullable().describe('who asks through that node; null: the node itself'),
    action: z.enum(ACTIONS),
    level: level('that is decided about'),
    category: sharingCategory().nullable(),
    effect: decision.effect,
    rule: decision.rule,
    roles: listOf(text(64, 'a role'), LABELS_MAX, 'that this node knows it to have'),
    teams: listOf(text(64, 'a team'), LABELS_MAX, 'likewise'),
    layers: rowsOf(
      2,
      { layer: z.enum(['owner', 'roles']), ...decision, decides: z.boolean() },
      "the owner's own, by trust and the caller's consent, and the role policies; both must allow",
    ),
  },
  'What one node may have of the caller, and which rule says so.',
)
export type PolicyExplanationShape = z.infer<typeof policyExplanation>

export const policyExplainQuery = z.strictObject({
  who: who(),
  via: who().exactOptional().describe('a node: `who` is an operator who is logged in there'),
  action: text(64, 'such as `query.tool_usage`'),
  level: whole(1, 2, 'what its trust gives, unless said').exactOptional(),
  category: sharingCategory().exactOptional().describe('for summary.receive'),
})
