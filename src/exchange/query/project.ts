// Applies filters: to one node's numbers before they leave it, and to the merged rows at whoever asked.
import type { QueryFilter } from '../../../protocols/messages/query.ts'
import type { NodeData } from './answering/gather.ts'
import { FILTER_FIELDS, passes, WEEKDAYS } from './filters.ts'
import { type ActivityData, type QueryData, RISK_NAMES, type SafetyData } from './result.ts'

type Fields = Readonly<Record<string, string | number | null>>

/**
 * What of a node's numbers the filters that owners apply leave; null when nothing is left. Applied twice it changes
 * nothing, so whoever asked does it too, whatever an owner did.
 */
export function filterNode(data: NodeData, filters: readonly QueryFilter[]): NodeData | null {
  const own = filters.filter(({ field }) => FILTER_FIELDS[data.query_type][field]?.applied === 'owners')
  if (own.length === 0) return data
  switch (data.query_type) {
    case 'ToolUsage': {
      const tools = data.tools.filter(({ tool, category }) => all(own, { tool, category }))
      return tools.length === 0 ? null : { ...data, tools }
    }
    case 'SafetyPosture':
      return { ...data, safety: { ...data.safety, ...filterLevels(data.safety, own) } }
    case 'ActivityPatterns':
      return data
    case 'NodeHealth': {
      const { fingerprint, version } = data.health
      return all(own, { fingerprint, version }) ? data : null
    }
  }
}

/** What the filters leave of merged data. */
export function filterResult(data: QueryData, filters: readonly QueryFilter[]): QueryData {
  if (filters.length === 0) return data
  if ('tools' in data) {
    return { tools: data.tools.filter((row) => all(filters, { ...row })) }
  }
  if ('nodes' in data) {
    return {
      nodes: data.nodes.filter((row) => all(filters, { ...row, online: String(row.online) })),
    }
  }
  return 'hourly' in data
    ? { ...data, ...filterHours(data, filters) }
    : { ...data, ...filterLevels(data, filters) }
}

/** 0 in the place of levels that do not pass. */
function filterLevels(
  { by_risk_level }: Pick<SafetyData, 'by_risk_level'>,
  filters: readonly QueryFilter[],
): Pick<SafetyData, 'by_risk_level'> {
  const kept = { ...by_risk_level }
  for (const name of RISK_NAMES) if (!all(filters, { risk_level: name })) kept[name] = 0
  return { by_risk_level: kept }
}

/** 0 in the place of hours and days that do not pass; a filter of hours says nothing about days. */
export function filterHours(
  { hourly, daily }: Pick<ActivityData, 'hourly' | 'daily'>,
  filters: readonly QueryFilter[],
): Pick<ActivityData, 'hourly' | 'daily'> {
  const about = (name: string): QueryFilter[] => filters.filter(({ field }) => field === name)
  const [hours, days] = [about('hour'), about('day')]
  return {
    hourly: hourly.map((count, hour) => (all(hours, { hour }) ? count : 0)),
    daily: daily.map((count, day) => (all(days, { day: WEEKDAYS[day] ?? null }) ? count : 0)),
  }
}

const all = (filters: readonly QueryFilter[], fields: Fields): boolean =>
  filters.every((filter) => passes(filter, fields[filter.field] ?? null))
