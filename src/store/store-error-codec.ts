import { type ByteReader, type ByteWriter, malformed } from '../core/byte-codec.ts'
import { BrokerError, type BrokerErrorCode } from '../core/errors.ts'

/** Codes that cross from the store to a worker; the record makes sure that none is missing. */
const errorCodes: Readonly<Record<BrokerErrorCode, true>> = {
  CONFIGURATION: true,
  SECURITY_FILE: true,
  KEY_SET_UNAVAILABLE: true,
  INTROSPECTION_UNAVAILABLE: true,
  TOKEN_REFUSED: true,
  LISTENER: true,
  STOPPED: true,
  STORE_UNAVAILABLE: true,
  STORE_AWAY: true,
  STORE_FULL: true,
  STORE_DAMAGED: true,
  BUS_PROTOCOL: true,
  STALE_EPOCH: true,
}

/** Writes an error that a worker is to get. */
export function writeStoreError(writer: ByteWriter, error: BrokerError): void {
  writer.string(error.code)
  writer.string(error.message)
}

/** Reads what {@link writeStoreError} wrote. */
export function readStoreError(reader: ByteReader): BrokerError {
  const code = reader.string()
  const message = reader.string()
  if (!isErrorCode(code)) throw malformed('unknown error code')
  return new BrokerError(code, message)
}

function isErrorCode(code: string): code is BrokerErrorCode {
  return Object.hasOwn(errorCodes, code)
}
