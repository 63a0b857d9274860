// Removes from Zod's JSON Schema the members that are not part of the schema.
import type * as z from 'zod'

/** Use as `override` of z.toJSONSchema. */
export function plain({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // It stands for TypeScript's `readonly`; in OpenAPI the word means that only answers have the field.
  delete jsonSchema.readOnly
  // It is our name of the schema; a validator would take it for a URL.
  delete jsonSchema.id
  delete jsonSchema.$schema
}
