// The words the risk room speaks in, apart from the parser, so that naming a level costs nothing.

export const RISK_LEVELS = ['safe', 'moderate', 'high', 'critical'] as const
export type RiskLevel = (typeof RISK_LEVELS)[number]

export const GUARD_PROFILES = ['strict', 'moderate', 'permissive', 'off'] as const
export type GuardProfile = (typeof GUARD_PROFILES)[number]

export const SHELLS = ['bash', 'zsh', 'fish', 'sh'] as const
export type Shell = (typeof SHELLS)[number]
