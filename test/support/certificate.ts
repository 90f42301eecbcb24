/**
 * A self-signed certificate for 127.0.0.1. Node makes keys and signatures but no certificates, and not every machine
 * has the `openssl` command, so it is built here (RFC 5280, DER).
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** Both as PEM. */
  readonly cert: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALTERNATIVE_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';

/** Tags of DER. Those from 0x80 on have a meaning in their place only. */
const TRUE = der(0x01, Buffer.of(0xff));
const integer = (content: Buffer): Buffer => der(0x02, content);
const bitString = (content: Buffer): Buffer => der(0x03, Buffer.of(0), content);
const octetString = (content: Buffer): Buffer => der(0x04, content);
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const text = (content: string): Buffer => der(0x0c, Buffer.from(content));
const time = (content: string): Buffer => der(0x17, Buffer.from(content));
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: Buffer[]): Buffer => der(0x31, ...parts);

export function makeCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), text('concurrent-futures test'))));
  const names = sequence(der(0x87, Buffer.of(127, 0, 0, 1)), der(0x82, Buffer.from('localhost')));
  const extensions = sequence(
    sequence(objectId(SUBJECT_ALTERNATIVE_NAME), octetString(names)),
    // It must be an authority to be accepted as its own signer.
    sequence(objectId(BASIC_CONSTRAINTS), TRUE, octetString(sequence(TRUE))),
  );
  const content = sequence(
    der(0xa0, integer(Buffer.of(2))),
    // Positive, and without a leading zero.
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name,
    sequence(time('200101000000Z'), time('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', content, privateKey);
  return {
    cert: pem('CERTIFICATE', sequence(content, algorithm, bitString(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  let head = [length];
  if (length > 0xff) head = [0x82, length >> 8, length & 0xff];
  else if (length > 0x7f) head = [0x81, length];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
