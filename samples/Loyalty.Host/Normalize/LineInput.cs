namespace Loyalty.Host.Normalize;

/// <summary>Cuts a stream into lines without holding more than one block of it.</summary>
/// <remarks>
/// A line ends with LF or CRLF; the last one may end with the stream. A line longer than the limit comes in pieces, so memory stays bounded whatever is piped in.
/// A byte order mark at the start is dropped.
/// </remarks>
internal sealed class LineInput(Stream stream, int limit = LineInput.DefaultLimit)
{
    /// <summary>Longest line that is handed out whole, in bytes.</summary>
    public const int DefaultLimit = 64 * 1024;

    private readonly byte[] _buffer = new byte[Math.Max(limit * 2, 256 * 1024)];
    private int _start;
    private int _end;
    private bool _ended;
    private bool _begun;
    private bool _within;

    /// <summary>Whether the piece handed out last is not the end of its line.</summary>
    public bool Continues { get; private set; }

    /// <summary>The next line, or the next piece of a long one; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var window = _buffer.AsSpan(_start + searched, _end - _start - searched);
            var feed = window.IndexOf((byte)'\n');
            if (feed >= 0 && searched + feed <= limit + 1)
            {
                line = _buffer.AsSpan(_start, searched + feed);
                _start += searched + feed + 1;
                return Whole(ref line);
            }

            searched = _end - _start;
            if (searched > limit + 1)
            {
                // A piece does not end within a character, if the text is UTF-8.
                var length = limit;
                for (var back = 0; back < 3 && (_buffer[_start + length] & 0xC0) == 0x80; back++)
                {
                    length--;
                }

                line = _buffer.AsSpan(_start, length);
                _start += length;
                Continues = _within = true;
                return true;
            }

            if (_ended)
            {
                line = _buffer.AsSpan(_start, searched);
                _start = _end;
                return (searched > 0 || _within) && Whole(ref line);
            }

            Fill();
            if (!_begun)
            {
                if (_end - _start < 3 && !_ended)
                {
                    searched = 0;
                    continue;
                }

                _begun = true;
                _start += _buffer.AsSpan(_start, _end - _start).StartsWith("\uFEFF"u8) ? 3 : 0;
                searched = 0;
            }
        }
    }

    private bool Whole(ref ReadOnlySpan<byte> line)
    {
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        Continues = _within = false;
        return true;
    }

    private void Fill()
    {
        if (_start > 0 && _buffer.Length - _end < _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _ended = read == 0;
        _end += read;
    }
}
