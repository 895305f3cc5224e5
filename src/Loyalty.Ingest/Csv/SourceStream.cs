using System.Text;

namespace Loyalty.Ingest.Csv;

/// <summary>A file being read: hashes what passes, and brings it to UTF-8.</summary>
internal sealed class SourceStream : IDisposable
{
    /// <summary>Of longer files the content is read again only when their time says that they changed.</summary>
    private const long AlwaysCheckedLength = 64 << 20;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly HashingStream _hashing;
    private string? _hash;

    /// <summary>The time of the file when its content was last known to be what is read.</summary>
    private DateTime? _checked;

    private SourceStream(string path, FileStream file, Encoding? encoding, int atOnce)
    {
        if (!file.CanSeek)
        {
            throw new IOException($"{path}: only files can be read, because they are checked once more at the end; save the data to a file.");
        }

        _path = path;
        _file = file;
        _checked = file.Length > AlwaysCheckedLength ? File.GetLastWriteTimeUtc(file.SafeFileHandle) : null;
        Name = Path.GetFileName(path);
        Length = file.Length;
        Span<byte> head = stackalloc byte[4];
        head = head[..file.ReadAtLeast(head, 4, throwOnEndOfStream: false)];
        file.Position = 0;
        _hashing = new HashingStream(file, atOnce);
        Content = Decode(head, encoding);
    }

    /// <summary>The name of the file, without its folder.</summary>
    public string Name { get; }

    /// <summary>The length in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>The file's text as UTF-8; surrogates without a partner come out as bytes that are no valid UTF-8.</summary>
    public Stream Content { get; }

    /// <summary>Whether the encoding was named rather than seen.</summary>
    public bool IsNamed => Content is NamedEncodingStream;

    public long BytesRead => _hashing.BytesRead;

    /// <summary>Opens a file; one read of it gives at most <paramref name="atOnce"/> bytes, few in tests.</summary>
    public static SourceStream Open(string path, Encoding? encoding, int atOnce = int.MaxValue)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        try
        {
            return new SourceStream(path, file, encoding, atOnce);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Content.Dispose();
        _hashing.Dispose();
        _file.Dispose();
    }

    /// <summary>Whether the record of that length is the last and the file ends without a line end.</summary>
    public bool EndsInRecord(int recordLength, long offset) => Content is HashingStream && offset + recordLength == Length;

    public string ThrowIfChanged()
    {
        _hash ??= _hashing.Finish();
        if (_file.Length != Length || _hashing.BytesRead != Length)
        {
            throw Changed("its length is another");
        }

        // Times can be put back, so the content is looked at at least once, unless that would take long; the clock of files has steps of some milliseconds.
        var written = File.GetLastWriteTimeUtc(_file.SafeFileHandle);
        if (written != _checked || DateTime.UtcNow - written < TimeSpan.FromSeconds(2))
        {
            using var again = new HashingStream(_file, int.MaxValue);
            _file.Position = 0;
            if (!string.Equals(again.Finish(), _hash, StringComparison.Ordinal))
            {
                throw Changed("its content is another");
            }

            _checked = written;
        }

        return _hash;
    }

    private SourceException Changed(string how) => new(
        SourceFault.Changed, $"{_path}: the file changed while it was read ({how}); nothing was taken. Run again when the file is complete.");

    private Stream Decode(ReadOnlySpan<byte> head, Encoding? encoding)
    {
        if (encoding is not null)
        {
            return new NamedEncodingStream(_hashing, encoding);
        }

        if (head.StartsWith("PK\u0003\u0004"u8))
        {
            throw new SourceException(SourceFault.OtherExport, $"{Name}: the file is a workbook (XLSX) or another archive, not text; save it as CSV in UTF-8.");
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
        {
            throw new SourceException(SourceFault.Encoding, $"{Name}: the file is in UTF-32; save it as UTF-8.");
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return new Utf16Stream(_hashing, bigEndian: false);
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return new Utf16Stream(_hashing, bigEndian: true);
        }

        if (head.Length >= 2 && (head[0] == 0 || head[1] == 0))
        {
            throw new SourceException(
                SourceFault.Encoding, $"{Name}: the file looks like UTF-16 without byte order mark; save it as UTF-8, or name its encoding.");
        }

        return _hashing;
    }

    /// <summary>Passes bytes through and hashes them.</summary>
    private sealed class HashingStream(FileStream file, int atOnce) : ReadOnlyStream
    {
        private ContentHash _hash = new();

        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer[..Math.Min(buffer.Length, atOnce)]);
            _hash.Append(buffer[..read]);
            BytesRead += read;
            return read;
        }

        public string Finish()
        {
            // A reader that stopped before the end leaves a rest; the hash is of the whole file.
            var rest = new byte[1 << 16];
            while (Read(rest) > 0)
            {
            }

            return _hash.Text();
        }
    }

    /// <summary>UTF-16 with byte order mark to UTF-8 without; nothing is replaced.</summary>
    private sealed class Utf16Stream(Stream source, bool bigEndian) : ReadOnlyStream
    {
        private readonly byte[] _input = new byte[1 << 16];
        private readonly byte[] _output = new byte[(1 << 16) * 2];
        private int _kept;
        private int _next;
        private int _filled;
        private bool _started;
        private bool _ended;

        public override int Read(Span<byte> buffer)
        {
            while (_next == _filled && !_ended)
            {
                Fill();
            }

            var count = Math.Min(buffer.Length, _filled - _next);
            _output.AsSpan(_next, count).CopyTo(buffer);
            _next += count;
            return count;
        }

        private void Fill()
        {
            var read = source.ReadAtLeast(_input.AsSpan(_kept), 2, throwOnEndOfStream: false);
            _ended = read < 2;
            var available = _kept + read;
            _next = 0;
            _filled = 0;
            var at = _started ? 0 : Math.Min(2, available);
            _started = true;
            while (available - at >= 2)
            {
                var unit = Unit(at);
                if (char.IsHighSurrogate(unit) && available - at < 4 && !_ended)
                {
                    break;
                }

                if (char.IsHighSurrogate(unit) && available - at >= 4 && char.IsLowSurrogate(Unit(at + 2)))
                {
                    _filled += new Rune(unit, Unit(at + 2)).EncodeToUtf8(_output.AsSpan(_filled));
                    at += 4;
                    continue;
                }

                if (unit < 0x80)
                {
                    _output[_filled++] = (byte)unit;
                }
                else if (unit < 0x800)
                {
                    _output[_filled++] = (byte)(0xC0 | (unit >> 6));
                    _output[_filled++] = (byte)(0x80 | (unit & 0x3F));
                }
                else
                {
                    // A surrogate without its partner becomes three bytes that no UTF-8 has, so that its record is rejected.
                    _output[_filled++] = (byte)(0xE0 | (unit >> 12));
                    _output[_filled++] = (byte)(0x80 | ((unit >> 6) & 0x3F));
                    _output[_filled++] = (byte)(0x80 | (unit & 0x3F));
                }

                at += 2;
            }

            _kept = available - at;
            if (_ended && _kept > 0)
            {
                // Half a unit at the end: no valid text either.
                _output[_filled++] = 0xFF;
                _kept = 0;
            }

            _input.AsSpan(at, _kept).CopyTo(_input);
        }

        private char Unit(int at) => bigEndian
            ? (char)((_input[at] << 8) | _input[at + 1])
            : (char)((_input[at + 1] << 8) | _input[at]);
    }

    /// <summary>Text in an encoding that was named to UTF-8; bytes that the encoding does not have become one that no UTF-8 has.</summary>
    private sealed class NamedEncodingStream(Stream source, Encoding encoding) : ReadOnlyStream
    {
        // Not a character, so that no text has it.
        private const char Unknown = '\uFFFF';

        private readonly Decoder _decoder = Strict(encoding);
        private readonly byte[] _input = new byte[1 << 14];
        private readonly char[] _chars = new char[encoding.GetMaxCharCount(1 << 14) + 1];
        private byte[] _output = [];
        private int _next;
        private int _filled;
        private char _high;
        private bool _ended;

        public override int Read(Span<byte> buffer)
        {
            while (_next == _filled && !_ended)
            {
                Fill();
            }

            var count = Math.Min(buffer.Length, _filled - _next);
            _output.AsSpan(_next, count).CopyTo(buffer);
            _next += count;
            return count;
        }

        private static Decoder Strict(Encoding encoding)
        {
            var strict = (Encoding)encoding.Clone();
            strict.DecoderFallback = new DecoderReplacementFallback(Unknown.ToString());
            return strict.GetDecoder();
        }

        private void Fill()
        {
            var read = source.Read(_input);
            _ended = read == 0;
            var kept = _high == 0 ? 0 : 1;
            _chars[0] = _high;
            _high = '\0';
            var count = kept + _decoder.GetChars(_input.AsSpan(0, read), _chars.AsSpan(kept), flush: _ended);
            if (count > 0 && char.IsHighSurrogate(_chars[count - 1]) && !_ended)
            {
                _high = _chars[--count];
            }

            var text = _chars.AsSpan(0, count);
            var most = Encoding.UTF8.GetMaxByteCount(count);
            _output = _output.Length < most ? new byte[most] : _output;
            (_next, _filled) = (0, 0);
            while (text.IndexOf(Unknown) is var at and >= 0)
            {
                _filled += Encoding.UTF8.GetBytes(text[..at], _output.AsSpan(_filled));
                _output[_filled++] = 0xFF;
                text = text[(at + 1)..];
            }

            _filled += Encoding.UTF8.GetBytes(text, _output.AsSpan(_filled));
        }
    }

    private abstract class ReadOnlyStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public abstract override int Read(Span<byte> buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
