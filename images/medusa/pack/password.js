// Prints the hash that Medusa stores for a password: the block of the scrypt-kdf package, in base64.
"use strict";

const { createHash, createHmac, randomBytes, scryptSync } = require("node:crypto");

const logN = 15;
const r = 8;
const p = 1;

const head = Buffer.alloc(96);
head.write("scrypt", 0, "latin1");
head.writeUInt8(0, 6);
head.writeUInt8(logN, 7);
head.writeUInt32BE(r, 8);
head.writeUInt32BE(p, 12);
randomBytes(32).copy(head, 16);
createHash("sha256").update(head.subarray(0, 48)).digest().copy(head, 48, 0, 16);
const key = scryptSync(process.argv[2], head.subarray(16, 48), 64, { N: 2 ** logN, r, p, maxmem: 64 * 2 ** 20 });
createHmac("sha256", key.subarray(32)).update(head.subarray(0, 64)).digest().copy(head, 64);
console.log(head.toString("base64"));
