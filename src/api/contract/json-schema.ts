// JSON Schema from Zod, without what Zod says beside the schema itself.
import type * as z from 'zod'

/** For `override` of z.toJSONSchema. */
export function plain({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  // `readonly` of TypeScript; in OpenAPI the word means that only answers have the field.
  delete jsonSchema.readOnly
  // An id of ours, which a validator would take for the schema's address.
  delete jsonSchema.id
  delete jsonSchema.$schema
}
