using System.Runtime.InteropServices;
using Loyalty.Postgres.Copy;
using Loyalty.Postgres.Sessions;
using Loyalty.Scoring;
using Loyalty.Storage.Scores;
using Npgsql;

namespace Loyalty.Postgres.Scores;

/// <summary>Scores customers by Core's rules, in chunks, and writes the scores that changed.</summary>
internal sealed class ScoreStage
{
    private readonly TenantTransaction _transaction;
    private readonly ScoringProgram _program;
    private readonly SegmentPlan _segments;
    private readonly ScoreRule? _rule;
    private readonly DateOnly _asOf;
    private readonly int _fetchRows;
    private readonly CopyBuffer _buffer = new();
    private readonly SegmentMoveList _moves = new();

    public ScoreStage(TenantTransaction transaction, ScoringProgram program, DateOnly asOf, StoreLimits limits)
    {
        _transaction = transaction;
        _program = program;
        _segments = program.Segments;
        _rule = program.Model == ScoringModel.Thresholds ? ScoreRule.FromThresholds(program.Thresholds) : null;
        _asOf = asOf;
        _fetchRows = limits.FetchRows;
    }

    /// <summary>How many customers were scored anew.</summary>
    public long Examined { get; private set; }

    /// <summary>Notes customers who are gone.</summary>
    public void NoteGone(long count)
    {
        Examined += count;
        Gone += count;
    }

    public long Gone { get; private set; }

    public SegmentMoves Moves => new(_moves.Close().Moves, _moves.New, (int)Gone);

    /// <summary>Scores everybody who must be.</summary>
    /// <param name="allScoredOn">The last date on which everybody was scored together.</param>
    /// <param name="isSameProgram">Whether the scores that are stored were made by this program.</param>
    /// <param name="hasDelta">Whether orders or customers changed, so that there is a table of customers who may be touched.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether everybody was scored.</returns>
    public async ValueTask<bool> RunAsync(DateOnly allScoredOn, bool isSameProgram, bool hasDelta, CancellationToken cancellationToken)
    {
        var all = !isSameProgram;
        if (_rule is null && !all)
        {
            all = Gone > 0
                || (hasDelta && await CountAsync(ScoreSql.CountTouched, cancellationToken).ConfigureAwait(false)
                    > await CountAsync(ScoreSql.CountSame, cancellationToken).ConfigureAwait(false));
            if (!all)
            {
                return false;
            }
        }

        var cells = _rule is null ? await CutAsync(cancellationToken).ConfigureAwait(false) : null;
        await OpenAsync(all, hasDelta, cancellationToken).ConfigureAwait(false);
        var fetch = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"FETCH {_fetchRows} FROM loyalty_to_score");
        long written = 0;
        for (var position = 0; ;)
        {
            var read = await FetchAsync(fetch, all, allScoredOn, cells, position, cancellationToken).ConfigureAwait(false);
            position += read;
            if (_buffer.Rows > 0)
            {
                if (written == 0)
                {
                    await _transaction.ExecuteLocalAsync(ScoreSql.CreateScored, cancellationToken).ConfigureAwait(false);
                }

                written += _buffer.Rows;
                await _buffer.SendAsync(_transaction.Connection, ScoreSql.CopyScored, cancellationToken).ConfigureAwait(false);
            }

            if (read < _fetchRows)
            {
                break;
            }
        }

        await _transaction.ExecuteLocalAsync("CLOSE loyalty_to_score", cancellationToken).ConfigureAwait(false);
        if (written > 0)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.AnalyzeScored, cancellationToken).ConfigureAwait(false);
            if (await _transaction.Command(ScoreSql.UpdateScores).With(_asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false) < written)
            {
                await _transaction.Command(ScoreSql.InsertScores).With(_asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return all;
    }

    private async ValueTask OpenAsync(bool all, bool hasDelta, CancellationToken cancellationToken)
    {
        if (!all)
        {
            await _transaction.ExecuteLocalAsync(ScoreSql.CreateToScore, cancellationToken).ConfigureAwait(false);
            await _transaction.Command(ScoreSql.FindDue).With(_asOf).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (hasDelta)
            {
                await _transaction.ExecuteLocalAsync(ScoreSql.AddChanged, cancellationToken).ConfigureAwait(false);
            }
        }

        await _transaction.ExecuteAsync(all ? ScoreSql.OpenAll : ScoreSql.OpenTouched, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<long> CountAsync(string sql, CancellationToken cancellationToken) =>
        (long)(await _transaction.Command(sql).ScalarAsync(cancellationToken).ConfigureAwait(false))!;

    /// <summary>The cells of all customers under the quantile model, in order of their names.</summary>
    private async ValueTask<byte[]> CutAsync(CancellationToken cancellationToken)
    {
        var inputs = new List<RfmInput>();
        var command = _transaction.Command(ScoreSql.Inputs);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    inputs.Add(new RfmInput(ScoreRow.DateOrNull(reader, 2), reader.GetInt32(0), reader.GetDecimal(1)));
                }
            }
        }

        return CustomerPopulation.CellsOf(_program, CollectionsMarshal.AsSpan(inputs), _asOf);
    }

    private async ValueTask<int> FetchAsync(
        string fetch, bool all, DateOnly allScoredOn, byte[]? cells, int position, CancellationToken cancellationToken)
    {
        var page = new List<(string Customer, RfmInput Input)>(_fetchRows);
        var command = _transaction.LocalCommand(fetch);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    page.Add((reader.GetString(0), new RfmInput(ScoreRow.DateOrNull(reader, 3), reader.GetInt32(1), reader.GetDecimal(2))));
                }
            }
        }

        if (page.Count > 0)
        {
            // Beside the customers, not joined to them: no outer join may meet a policy on a cluster.
            var scores = await ReadScoresAsync(page, all, allScoredOn, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < page.Count; i++)
            {
                Score(page[i].Customer, page[i].Input, scores.GetValueOrDefault(page[i].Customer), all, cells is null ? null : RfmCell.FromIndex(cells[position + i]));
            }
        }

        return page.Count;
    }

    private async ValueTask<Dictionary<string, ScoreRow>> ReadScoresAsync(
        List<(string Customer, RfmInput Input)> page, bool all, DateOnly allScoredOn, CancellationToken cancellationToken)
    {
        var scores = new Dictionary<string, ScoreRow>(page.Count, StringComparer.Ordinal);
        var command = all
            ? _transaction.Command(ScoreSql.ScoresBetween).With(page[0].Customer).With(page[^1].Customer)
            : _transaction.Command(ScoreSql.ScoresOf).With([.. page.Select(static c => c.Customer)]);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    scores.Add(reader.GetString(0), ScoreRow.Read(reader, 1, allScoredOn));
                }
            }
        }

        return scores;
    }

    private void Score(string customer, in RfmInput input, ScoreRow? before, bool all, RfmCell? cut)
    {
        if (!all && before is not null && ScoreRules.Stands(_rule!, before.Score, input, _asOf))
        {
            return;
        }

        Examined++;
        var now = ScoreRules.Make(_program, _segments, _asOf, input, cut ?? _rule!.Score(input, _asOf));
        var due = _rule?.NextChange(input, _asOf);
        _moves.Note(customer, before?.Score.Segment, now.Segment);
        if (!all || before is null || before.NextChangeOn != due || before.Score with { AsOf = _asOf } != now)
        {
            Encode(customer, now, due, before is null);
        }
    }

    private void Encode(string customer, Score score, DateOnly? due, bool isNew)
    {
        _buffer.StartRow(11);
        _buffer.Boolean(isNew);
        _buffer.Numeric(score.Input.Net);
        _buffer.Int32(score.Input.Orders);
        _buffer.Int32(score.LeadScore);
        _buffer.DateOrNull(score.Input.LastOrderOn?.DayNumber ?? int.MaxValue);
        _buffer.DateOrNull(due?.DayNumber ?? int.MaxValue);
        _buffer.Int16((short)score.Cell.Recency);
        _buffer.Int16((short)score.Cell.Frequency);
        _buffer.Int16((short)score.Cell.Money);
        _buffer.Text(customer);
        _buffer.Text(score.Segment);
    }
}

/// <summary>A row of scores.</summary>
/// <param name="Score">The scores.</param>
/// <param name="NextChangeOn">The day on which time alone lowers R.</param>
internal sealed record ScoreRow(Score Score, DateOnly? NextChangeOn)
{
    /// <summary>The columns from <c>orders</c> to <c>segment</c>, in the order of <see cref="Read"/>.</summary>
    public const string Columns = "s.orders, s.net, s.last_order_on, s.scored_on, s.next_change_on, s.recency, s.frequency, s.money, s.lead_score, s.segment";

    public static ScoreRow Read(NpgsqlDataReader reader, int first, DateOnly allScoredOn)
    {
        var scoredOn = reader.GetFieldValue<DateOnly>(first + 3);
        var score = new Score(
            scoredOn > allScoredOn ? scoredOn : allScoredOn,
            new RfmInput(DateOrNull(reader, first + 2), reader.GetInt32(first), reader.GetDecimal(first + 1)),
            new RfmCell(reader.GetInt16(first + 5), reader.GetInt16(first + 6), reader.GetInt16(first + 7)),
            reader.GetInt32(first + 8),
            reader.GetString(first + 9));
        return new ScoreRow(score, DateOrNull(reader, first + 4));
    }

    public static DateOnly? DateOrNull(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateOnly>(column);
}
