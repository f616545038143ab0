import Testing

@testable import JobService

@Suite struct PasswordHashTests {
    @Test func `a password matches its own hash and no other`() throws {
        let hash = try PasswordHash.make("correct horse")
        #expect(PasswordHash.matches("correct horse", hash))
        #expect(!PasswordHash.matches("correct horsE", hash))
        #expect(!PasswordHash.matches("", hash))
        #expect(!PasswordHash.matches("correct horse", "no hash at all"))
    }

    @Test func `two hashes of one password differ`() throws {
        #expect(try PasswordHash.make("same") != PasswordHash.make("same"))
    }

    // Made by the command `argon2` of Debian: echo -n password | argon2 somesalt -id -t 2 -k 1024 -p 1 -l 32 -e
    @Test func `a hash made by the reference program is understood`() {
        let hash = "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$7FfsnA6vUe7qLpL/3Kqc3uR48ZJyFbUVt7jWZlf0Htk"
        #expect(PasswordHash.matches("password", hash))
    }
}
