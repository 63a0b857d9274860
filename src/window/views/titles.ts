// What the page calls each type of question, and of counted rows what their names are and what is counted.
// Written by `npm run docs` from the query types.
import type { AskedType } from '../../api/contract/shapes.ts'

export const TITLES: Readonly<Record<AskedType, readonly string[]>> = {
  ToolUsage: ['Which tools are used'],
  SafetyPosture: ['How risky commands are'],
  ActivityPatterns: ['When people work'],
  Anomalies: ['What is unusual'],
  NodeHealth: ['How the machines are'],
  PrivilegedUse: ['What runs by sudo, doas or su', 'Category', 'Commands'],
}
