const WRITABLE_STRING = /^(?:authentication-key|authorization-key|authorization-role-key|string-[a-z0-9-]+)$/
const READ_ONLY_STRING = /^mqtt-(?:clientid|username|authentication-method)$/
const WRITABLE_BYTES = /^(?:authentication-byte-secret|byte-[a-z0-9-]+)$/
const READ_ONLY_BYTES = /^mqtt-(?:password|authentication-data)$/

/** Whether an ESE variable of that name holds text. */
export function isStringVariable(name: string): boolean {
  return WRITABLE_STRING.test(name) || READ_ONLY_STRING.test(name)
}

/** Whether an ESE variable of that name holds bytes. */
export function isByteVariable(name: string): boolean {
  return WRITABLE_BYTES.test(name) || READ_ONLY_BYTES.test(name)
}

/** Whether a preprocessor may set it. */
export function isWritableVariable(name: string): boolean {
  return WRITABLE_STRING.test(name) || WRITABLE_BYTES.test(name)
}
