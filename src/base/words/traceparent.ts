// The trace id in a `traceparent` of W3C trace context, level 1.

const FORM = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

/** 32 hex digits; undefined for a text of another form, which is to be treated as absent. */
export const traceOfParent = (text: string): string | undefined => FORM.exec(text)?.[1]
