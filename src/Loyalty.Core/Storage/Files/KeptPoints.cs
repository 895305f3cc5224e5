using Loyalty.Points.Runs;
using Loyalty.Programs;

namespace Loyalty.Storage.Files;

/// <summary>What a file keeps of points.</summary>
/// <param name="Program">The program of the last run.</param>
/// <param name="Book">The book.</param>
/// <param name="Hashes">The hashes of the entries that were kept in a file, by member.</param>
internal sealed record KeptPoints(LoyaltyProgram Program, PointsBook Book, Dictionary<string, byte[]> Hashes);
