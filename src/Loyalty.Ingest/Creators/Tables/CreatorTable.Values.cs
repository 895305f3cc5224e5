using Loyalty.Money;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using Loyalty.Activities;
using Loyalty.Creators;
using Loyalty.Identity;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Creators.Tables;

/// <content>Values of cells.</content>
internal sealed partial class CreatorTable
{
    /// <summary>Reads a count; missing is <see langword="null"/>; rejects the row when it is none.</summary>
    public bool TryCount(int column, out long? count)
    {
        count = null;
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return true;
        }

        if (cell.Length <= 18 && cell.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(cell, out long digits, out _))
        {
            count = digits;
            return true;
        }

        if (!CellFigure.TryRead(cell, _reading.HasDecimalComma, out var value))
        {
            return Reject(column, NotANumber);
        }

        if (value < 0 || value != decimal.Truncate(value) || value > long.MaxValue)
        {
            return Reject(column, CellFigure.NotWhole);
        }

        count = (long)value;
        return true;
    }

    /// <summary>Reads an amount; missing is <see langword="null"/>; rejects the row when it is none.</summary>
    public bool TryAmount(int column, out decimal? amount)
    {
        amount = null;
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return true;
        }

        if (!MoneyCell.TryRead(cell, _signs, _reading.HasDecimalComma, out var value, out var fault))
        {
            return Reject(column, fault ?? NotANumber);
        }

        if (!_reading.Currency.TryToMinor(value, out var minor))
        {
            return Reject(column, CellNumber.TooManyDecimals);
        }

        amount = _reading.Currency.ToAmount(minor);
        return true;
    }

    /// <summary>Reads a rate in percent, with or without the sign; missing is <see langword="null"/>; rejects the row when it is none.</summary>
    public bool TryPercent(int column, out decimal? percent)
    {
        percent = null;
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return true;
        }

        if (!CellFigure.TryRead(cell[^1] == (byte)'%' ? cell[..^1].TrimEnd((byte)' ') : cell, _reading.HasDecimalComma, out var value))
        {
            return Reject(column, "not a rate; expected percent such as 2.5% or 2.5");
        }

        percent = value;
        return true;
    }

    /// <summary>Reads a local date and time; missing is <see langword="null"/>; rejects the row when it is none.</summary>
    public bool TryTime(int column, out DateTime? time)
    {
        time = null;
        var cell = this[column];
        if (cell.IsEmpty)
        {
            return true;
        }

        if (TryTime(cell, out var read))
        {
            time = read;
            return true;
        }

        return Reject(column, CellTime.NotATime(_reading.Dates));
    }

    /// <summary>Reads a date that must be there.</summary>
    public bool TryDate(int column, out DateTime date)
    {
        var cell = this[column];
        date = default;
        return cell.IsEmpty ? Reject(column, "blank") : TryTime(cell, out date) || Reject(column, CellTime.NotATime(_reading.Dates));
    }

    /// <summary>Reads the key of a video from its link, else from the column of ids; rejects the row when there is none.</summary>
    public bool TryVideoKey(int linkColumn, int idColumn, Span<byte> destination, out ReadOnlySpan<byte> key)
    {
        key = default;
        var link = this[linkColumn];
        if (!link.IsEmpty && link.Length <= destination.Length && ActivityKey.TryFromUrl(link, destination, out key))
        {
            return true;
        }

        var id = this[idColumn];
        if (link.IsEmpty && !id.IsEmpty && id.Length <= 20 && id.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
        {
            key = id;
            return true;
        }

        return Reject(linkColumn, link.IsEmpty ? "blank" : "no key in the link; expected /video/<number>, or an absolute http or https URL of at most 2,048 bytes");
    }
}
