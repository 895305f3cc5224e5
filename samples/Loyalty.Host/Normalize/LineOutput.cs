using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Loyalty.Host.Normalize;

/// <summary>Buffered TSV output: every line that was read becomes exactly one line, whatever bytes it holds.</summary>
/// <remarks>
/// A text cell keeps its bytes, but for what would break the file: tab, line feed and carriage return become <c>\t</c>, <c>\n</c>, <c>\r</c>,
/// a byte that is not UTF-8 becomes <c>\xHH</c>. A backslash is doubled only where it would read as such an escape.
/// </remarks>
internal sealed class LineOutput(Stream stream)
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x5F).Where(b => b != '\\').Select(b => (byte)b)]);

    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _length;

    /// <summary>Writes bytes that are known to be safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _length)
        {
            Flush();
            if (bytes.Length > _buffer.Length)
            {
                stream.Write(bytes);
                return;
            }
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Writes one safe byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(byte value)
    {
        if (_length == _buffer.Length)
        {
            Flush();
        }

        _buffer[_length++] = value;
    }

    /// <summary>Writes a number.</summary>
    public void Number(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        Raw(digits[..written]);
    }

    /// <summary>Writes a cell of any bytes.</summary>
    public void Text(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var plain = bytes.IndexOfAnyExcept(Plain);
            if (plain < 0)
            {
                Raw(bytes);
                return;
            }

            Raw(bytes[..plain]);
            bytes = bytes[plain..];
            switch (bytes[0])
            {
                case (byte)'\t':
                    Raw("\\t"u8);
                    break;
                case (byte)'\n':
                    Raw("\\n"u8);
                    break;
                case (byte)'\r':
                    Raw("\\r"u8);
                    break;
                case (byte)'\\':
                    Raw(bytes.Length > 1 && ReadsAsEscape(bytes[1..]) ? "\\\\"u8 : "\\"u8);
                    break;
                case < 0x80:
                    Raw(bytes[0]);
                    break;
                default:
                    if (Rune.DecodeFromUtf8(bytes, out _, out var length) == OperationStatus.Done)
                    {
                        Raw(bytes[..length]);
                        bytes = bytes[length..];
                        continue;
                    }

                    Raw("\\x"u8);
                    Raw("0123456789ABCDEF"u8[bytes[0] >> 4]);
                    Raw("0123456789ABCDEF"u8[bytes[0] & 15]);
                    break;
            }

            bytes = bytes[1..];
        }
    }

    /// <summary>Hands everything to the stream.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _length);
        _length = 0;
    }

    private static bool ReadsAsEscape(ReadOnlySpan<byte> next) =>
        next[0] is (byte)'t' or (byte)'n' or (byte)'r' or (byte)'x' or (byte)'\\' or (byte)'\t' or (byte)'\r' or (byte)'\n'
        || (next[0] >= 0x80 && Rune.DecodeFromUtf8(next, out _, out _) != OperationStatus.Done);
}
