// NodeHealth: how each node is. It holds no person's data, and every node speaks for itself.
import { COUNT_MAX } from '../../../../protocols/counts.ts'
import type { NodeHealthStatus } from '../../../../protocols/messages/numbers.ts'
import { byText } from '../../../base/by-text.ts'
import { defineQueryType } from './type.ts'

/** A node's health in its own words. For an unreachable node only what this node knows of it, and null for the rest. */
interface HealthRow extends Omit<NodeHealthStatus, 'version' | 'uptime_seconds' | 'events_24h'> {
  readonly version: string | null
  readonly uptime_seconds: number | null
  readonly events_24h: number | null
}

export interface HealthData {
  readonly nodes: readonly HealthRow[]
}

export const nodeHealth = defineQueryType('NodeHealth', {
  word: 'health',
  title: 'How the machines are',
  meaning: 'how the nodes are',
  action: 'query.node_health',
  levelOneOnly: true,
  ofNow: true,
  fields: {
    name: { kind: 'text', applied: 'here', meaning: 'what the node is called here' },
    fingerprint: { kind: 'text', applied: 'owners', meaning: '16 hex digits' },
    version: { kind: 'text', applied: 'owners', meaning: 'of Karo' },
    online: { kind: 'text', applied: 'here', meaning: 'it answers', values: ['true', 'false'] },
    uptime_seconds: { kind: 'number', applied: 'here', meaning: 'since it started' },
    events_24h: {
      kind: 'number',
      applied: 'here',
      meaning: 'commands of the 24 hours before the last full hour, rounded',
    },
  },
  async gather(insight) {
    const [health, fetched] = await Promise.all([insight.nodeHealth(), insight.fetched?.()])
    const settings = insight.settings?.()
    return {
      query_type: 'NodeHealth',
      health: { ...health, ...(fetched && { fetched }), ...(settings && { settings }) },
    }
  },
  identified: (data, { fingerprint, name }) => ({ ...data, health: { ...data.health, fingerprint, name } }),
  plausible: ({ health }, { responder }) => health.node_id === responder && health.events_24h <= COUNT_MAX,
  filterNode(data, { all }) {
    const { fingerprint, version } = data.health
    return all({ fingerprint, version }) ? data : null
  },
  contributes: () => true,
  /** By name, then fingerprint, so that a list of nodes reads the same every time. */
  merge(parts, absent): HealthData {
    const nodes: HealthRow[] = [
      ...parts.map(({ health }) => health),
      ...absent.map((member) => ({
        ...member,
        online: false,
        version: null,
        uptime_seconds: null,
        events_24h: null,
      })),
    ]
    return { nodes: nodes.sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)) }
  },
  filterResult: ({ nodes }, { all }) => ({
    nodes: nodes.filter(({ fetched: _, settings: _settings, ...row }) =>
      all({ ...row, online: String(row.online) }),
    ),
  }),
  perNode: ({ health }, { nodes }) =>
    nodes.some(({ fingerprint }) => fingerprint === health.fingerprint) ? { health } : undefined,
  // How an absent node is, its last summary cannot tell.
  schemas({ z, numbers }) {
    const health = numbers.nodeHealthStatus
    const { shape } = health
    const unknownOf = 'null when only this node speaks of it'
    const row = z
      .strictObject({
        ...shape,
        version: shape.version.nullable().describe(unknownOf),
        uptime_seconds: shape.uptime_seconds.nullable().describe(unknownOf),
        events_24h: shape.events_24h.nullable().describe(unknownOf),
      })
      .meta({ id: 'HealthRow' })
    const nodes = z.array(row).max(100_000).readonly()
    return { result: z.strictObject({ nodes }).meta({ id: 'NodeHealth' }), part: { health } }
  },
})
