// The hooks: for each shell, the code that makes it record its commands.
export * from './types.ts'
