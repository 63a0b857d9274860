// The class of an action: how dangerous it is, by its word and not by its colour alone.
import type { ApprovalShape } from '../../../api/contract/shapes.ts'

const TONES = { critical: 'critical', high: 'high', medium: 'moderate', low: 'safe', green: 'safe' } as const

export const ActionClass = ({ of }: { readonly of: ApprovalShape['class'] }) => (
  <span class={`class risk-${TONES[of]}`}>{of}</span>
)
