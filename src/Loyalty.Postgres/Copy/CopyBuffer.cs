using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Loyalty.Storage.Runs;
using Npgsql;

namespace Loyalty.Postgres.Copy;

/// <summary>Rows in PostgreSQL's binary COPY format, encoded into one buffer that is sent as a whole or in pieces.</summary>
/// <remarks>Encoding into our own buffer costs a tenth of a call for each value; see "COPY", "Binary Format" in PostgreSQL's manual.</remarks>
internal sealed class CopyBuffer
{
    /// <summary>The day number of 2000-01-01, from which PostgreSQL counts dates.</summary>
    public const int Epoch = 730_119;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _bytes;
    private int _length;

    public CopyBuffer(int capacity = 4_096) => _bytes = new byte[capacity];

    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public long Rows { get; private set; }

    /// <summary>Sends all rows by one COPY and empties the buffer; does nothing without rows.</summary>
    public async ValueTask SendAsync(NpgsqlConnection connection, string command, CancellationToken cancellationToken)
    {
        if (Rows == 0)
        {
            return;
        }

        var stream = await CopyStream.OpenAsync(connection, command, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.SendAsync(this, cancellationToken).ConfigureAwait(false);
            await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        Rows = 0;
    }

    public void Clear() => _length = 0;

    public void Reset()
    {
        _length = 0;
        Rows = 0;
    }

    public void Header()
    {
        Room(19);
        "PGCOPY\n"u8.CopyTo(_bytes.AsSpan(_length));
        ReadOnlySpan<byte> rest = [0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];
        rest.CopyTo(_bytes.AsSpan(_length + 7));
        _length += 19;
    }

    public void Trailer()
    {
        Room(2);
        BinaryPrimitives.WriteInt16BigEndian(_bytes.AsSpan(_length), -1);
        _length += 2;
    }

    public void StartRow(short fields)
    {
        Room(2);
        BinaryPrimitives.WriteInt16BigEndian(_bytes.AsSpan(_length), fields);
        _length += 2;
        Rows++;
    }

    public void Null()
    {
        Room(4);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length), -1);
        _length += 4;
    }

    public void Int64(long value)
    {
        Room(12);
        var span = _bytes.AsSpan(_length, 12);
        BinaryPrimitives.WriteInt32BigEndian(span, 8);
        BinaryPrimitives.WriteInt64BigEndian(span[4..], value);
        _length += 12;
    }

    public void Int32(int value)
    {
        Room(8);
        var span = _bytes.AsSpan(_length, 8);
        BinaryPrimitives.WriteInt32BigEndian(span, 4);
        BinaryPrimitives.WriteInt32BigEndian(span[4..], value);
        _length += 8;
    }

    public void Int16(short value)
    {
        Room(6);
        var span = _bytes.AsSpan(_length, 6);
        BinaryPrimitives.WriteInt32BigEndian(span, 2);
        BinaryPrimitives.WriteInt16BigEndian(span[4..], value);
        _length += 6;
    }

    public void Boolean(bool value)
    {
        Room(5);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length), 1);
        _bytes[_length + 4] = value ? (byte)1 : (byte)0;
        _length += 5;
    }

    /// <summary>A date, as a day number.</summary>
    public void Date(int day) => Int32(day - Epoch);

    /// <summary>A date, or null for a day number after the last date.</summary>
    public void DateOrNull(int day)
    {
        if (day > DateOnly.MaxValue.DayNumber)
        {
            Null();
        }
        else
        {
            Date(day);
        }
    }

    /// <summary>A local date and time, which PostgreSQL keeps to the microsecond.</summary>
    public void Timestamp(DateTime value) => Int64((value.Ticks - (Epoch * TimeSpan.TicksPerDay)) / TimeSpan.TicksPerMicrosecond);

    /// <summary>A number with all its decimals: groups of four digits around the point.</summary>
    public void Numeric(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var mantissa = new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        for (var missing = (4 - (value.Scale % 4)) % 4; missing > 0; missing--)
        {
            mantissa *= 10;
        }

        Span<short> groups = stackalloc short[10];
        var count = 0;
        while (mantissa > ulong.MaxValue)
        {
            (mantissa, var group) = UInt128.DivRem(mantissa, 10_000);
            groups[count++] = (short)group;
        }

        for (var rest = (ulong)mantissa; rest > 0; rest /= 10_000)
        {
            groups[count++] = (short)(rest % 10_000);
        }

        Room(12 + (2 * count));
        var span = _bytes.AsSpan(_length);
        BinaryPrimitives.WriteInt32BigEndian(span, 8 + (2 * count));
        BinaryPrimitives.WriteInt16BigEndian(span[4..], (short)count);
        BinaryPrimitives.WriteInt16BigEndian(span[6..], (short)(count - 1 - ((value.Scale + 3) / 4)));
        BinaryPrimitives.WriteUInt16BigEndian(span[8..], (ushort)(value < 0 ? 0x4000 : 0));
        BinaryPrimitives.WriteInt16BigEndian(span[10..], value.Scale);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(span[(12 + (2 * i))..], groups[count - 1 - i]);
        }

        _length += 12 + (2 * count);
    }

    /// <summary>128 bits as an id.</summary>
    public void Id(ulong high, ulong low)
    {
        Room(20);
        var span = _bytes.AsSpan(_length, 20);
        BinaryPrimitives.WriteInt32BigEndian(span, 16);
        BinaryPrimitives.WriteUInt64BigEndian(span[4..], high);
        BinaryPrimitives.WriteUInt64BigEndian(span[12..], low);
        _length += 20;
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Room(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length), value.Length);
        value.CopyTo(_bytes.AsSpan(_length + 4));
        _length += 4 + value.Length;
    }

    /// <summary>A text that is known to be storable.</summary>
    public void Text(ReadOnlySpan<byte> utf8) => Bytes(utf8);

    /// <summary>A text.</summary>
    /// <exception cref="ArgumentException">It has a lone surrogate or a NUL.</exception>
    public void Text(string text)
    {
        ThrowUnlessStorable(text, "A text");
        Room(4 + Strict.GetMaxByteCount(text.Length));
        var size = Strict.GetBytes(text, _bytes.AsSpan(_length + 4));
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length), size);
        _length += 4 + size;
    }

    /// <summary>Begins an array of one dimension, whose items are then added like values. PostgreSQL knows empty arrays by another form.</summary>
    /// <param name="itemType">The number of the items' type in the catalog.</param>
    /// <param name="count">How many items follow, at least one.</param>
    /// <returns>Where it begins, for <see cref="EndArray"/>.</returns>
    public int BeginArray(int itemType, int count)
    {
        Room(24);
        var span = _bytes.AsSpan(_length, 24);
        BinaryPrimitives.WriteInt32BigEndian(span[4..], 1);
        BinaryPrimitives.WriteInt32BigEndian(span[8..], 0);
        BinaryPrimitives.WriteInt32BigEndian(span[12..], itemType);
        BinaryPrimitives.WriteInt32BigEndian(span[16..], count);
        BinaryPrimitives.WriteInt32BigEndian(span[20..], 1);
        _length += 24;
        return _length - 24;
    }

    /// <summary>Ends an array, whose length is known now.</summary>
    public void EndArray(int begin) => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(begin), _length - begin - 4);

    /// <summary>Throws unless PostgreSQL can keep the text: well-formed UTF-8 without NUL.</summary>
    public static void ThrowUnlessStorable(ReadOnlySpan<byte> utf8, string what)
    {
        if (!Utf8.IsValid(utf8) || utf8.Contains((byte)0))
        {
            throw new ArgumentException($"{what} is not well-formed UTF-8 or holds a NUL character, which PostgreSQL cannot keep; reject the row.", nameof(utf8));
        }
    }

    /// <inheritdoc cref="ThrowUnlessStorable(ReadOnlySpan{byte}, string)"/>
    public static void ThrowUnlessStorable(string text, string what)
    {
        if (!StorableText.IsStorable(text))
        {
            throw new ArgumentException($"{what} holds a lone surrogate or a NUL character, which PostgreSQL cannot keep; reject the row.", nameof(text));
        }
    }

    private void Room(int more)
    {
        if (more > _bytes.Length - _length)
        {
            Array.Resize(ref _bytes, checked(Math.Max(_bytes.Length * 2, _length + more)));
        }
    }
}
