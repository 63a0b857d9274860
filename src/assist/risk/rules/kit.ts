// What rules are written with.
export * from './forms.ts'
export * from './rewrite.ts'
export * from './rule.ts'
export * from './targets.ts'
