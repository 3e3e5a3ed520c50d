"""Python's cryptography as a judge of signatures.

Reads lines of three hex fields (SubjectPublicKeyInfo, message, signature, the last two possibly
empty); writes its own name and version, then true or false for each line.
"""

import sys

import cryptography
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key


def is_signed(spki: bytes, message: bytes, signature: bytes) -> bool:
    try:
        key = load_der_public_key(spki)
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            key.verify(signature, message, pss, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            return False
        return True
    except Exception:  # every refusal is an exception of one kind or another
        return False


print(f"cryptography {cryptography.__version__} on {' '.join(backend.openssl_version_text().split()[:2])}")
for line in sys.stdin:
    fields = [bytes.fromhex(field) for field in line.rstrip("\n").split(" ")]
    print("true" if is_signed(*fields) else "false")
